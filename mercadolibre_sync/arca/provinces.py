"""ARCA's province numbers (its table E_PROVINCIA; there is no 15) and their ISO 3166-2 codes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Province:
	"""`iso` is also MercadoLibre's state id."""

	id: int
	name: str
	iso: str


PROVINCES = {
	province.id: province
	for province in (
		Province(0, "Ciudad Autónoma de Buenos Aires", "AR-C"),
		Province(1, "Buenos Aires", "AR-B"),
		Province(2, "Catamarca", "AR-K"),
		Province(3, "Córdoba", "AR-X"),
		Province(4, "Corrientes", "AR-W"),
		Province(5, "Entre Ríos", "AR-E"),
		Province(6, "Jujuy", "AR-Y"),
		Province(7, "Mendoza", "AR-M"),
		Province(8, "La Rioja", "AR-F"),
		Province(9, "Salta", "AR-A"),
		Province(10, "San Juan", "AR-J"),
		Province(11, "San Luis", "AR-D"),
		Province(12, "Santa Fe", "AR-S"),
		Province(13, "Santiago del Estero", "AR-G"),
		Province(14, "Tucumán", "AR-T"),
		Province(16, "Chaco", "AR-H"),
		Province(17, "Chubut", "AR-U"),
		Province(18, "Formosa", "AR-P"),
		Province(19, "Misiones", "AR-N"),
		Province(20, "Neuquén", "AR-Q"),
		Province(21, "La Pampa", "AR-L"),
		Province(22, "Río Negro", "AR-R"),
		Province(23, "Santa Cruz", "AR-Z"),
		Province(24, "Tierra del Fuego", "AR-V"),
	)
}

"""What the registry says of a taxpayer (service constancia de inscripción, getPersona_v2)."""

from dataclasses import dataclass

#: Blocks of the answer that carry taxes, and blocks that say why one is missing or doubtful.
MONOTRIBUTO = "datosMonotributo"
GENERAL = "datosRegimenGeneral"
ERROR_CONSTANCIA = "errorConstancia"
ERROR_MONOTRIBUTO = "errorMonotributo"
ERROR_GENERAL = "errorRegimenGeneral"


@dataclass(frozen=True)
class Impuesto:
	"""A tax the taxpayer is registered for.

	`estado` is None in answers older than the manual's version 3.8, which listed live taxes only.
	`block` is `MONOTRIBUTO` or `GENERAL`: the part of the answer it stood in.
	"""

	id: int
	estado: str | None
	block: str
	description: str = ""


@dataclass(frozen=True)
class Categoria:
	"""The category within the monotributo. Carries no state of its own."""

	id: int
	impuesto_id: int | None
	description: str = ""


@dataclass(frozen=True)
class Domicilio:
	"""The domicilio fiscal. The city of Buenos Aires (provincia_id 0) comes without localidad."""

	direccion: str = ""
	dato_adicional: str = ""
	tipo_dato_adicional: str = ""
	localidad: str = ""
	provincia_id: int | None = None
	provincia: str = ""
	codigo_postal: str = ""


@dataclass(frozen=True)
class BlockError:
	"""A text from one of the error blocks; `block` is the block's name in the answer."""

	block: str
	text: str


@dataclass(frozen=True)
class Persona:
	"""One taxpayer as the registry answers. Fields that were not answered are empty.

	`found` is False when no taxpayer has that number.
	`tipo_clave` is CUIT, CUIL or CDI; `tipo_persona` FISICA or JURIDICA; `estado_clave` ACTIVO or INACTIVO.
	"""

	cuit: str
	found: bool = True
	tipo_clave: str = ""
	tipo_persona: str = ""
	estado_clave: str = ""
	razon_social: str = ""
	nombre: str = ""
	apellido: str = ""
	impuestos: tuple[Impuesto, ...] = ()
	categoria: Categoria | None = None
	domicilio: Domicilio | None = None
	errors: tuple[BlockError, ...] = ()

	@property
	def name(self) -> str:
		"""Razón social of a company; given name and surname of a person."""
		return self.razon_social or f"{self.nombre} {self.apellido}".strip()

	@property
	def has_data(self) -> bool:
		"""Whether anything but error blocks was answered."""
		return bool(self.estado_clave or self.tipo_clave or self.impuestos or self.categoria)

	def error_texts(self, *blocks: str) -> tuple[str, ...]:
		"""Return the texts of these error blocks, of all of them if none is named."""
		return tuple(error.text for error in self.errors if not blocks or error.block in blocks)

"""What a shop sold in the last months, before it had this app: the same orders each time."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from random import Random

from mercadolibre_sync.arca import cuit
from simulator.arca_control import ArcaControl
from simulator.control import MeliControl

BUYERS = 120
ORDERS = 400
DAYS = 330
FIRST_BUYER = 980_000_001_001
FIRST_ORDER = 2_000_010_000_000_001

FIRST_NAMES = (
	"Mariana",
	"Julián",
	"Lucía",
	"Martín",
	"Sofía",
	"Diego",
	"Camila",
	"Nicolás",
	"Paula",
	"Tomás",
)
LAST_NAMES = (
	"Guzmán",
	"Mireles",
	"Paz",
	"Núñez",
	"Ferreyra",
	"Acosta",
	"Ibáñez",
	"Quiroga",
	"Sosa",
	"Benítez",
)
TRADES = ("Ferretería", "Librería", "Almacén", "Bicicletería", "Vivero", "Imprenta", "Óptica", "Juguetería")
PLACES = (
	("Corrientes", "Balvanera", "AR-C", "Capital Federal", "1043"),
	("San Martín", "Rosario", "AR-S", "Santa Fe", "2000"),
	("Av. Colón", "Córdoba", "AR-X", "Córdoba", "5000"),
	("Mitre", "Bariloche", "AR-R", "Río Negro", "8400"),
	("Belgrano", "Mendoza", "AR-M", "Mendoza", "5500"),
	("Calle 12", "La Plata", "AR-B", "Buenos Aires", "1900"),
)
# What the registry knows of a company, and what the company declares at MercadoLibre.
COMPANIES = (
	("responsable_inscripto", "IVA Responsable Inscripto"),
	("monotributista", "Monotributo"),
	("exento", "IVA Exento"),
)


def sell(meli: MeliControl, arca: ArcaControl, seller: str) -> None:
	"""Have the seller sold ORDERS orders to BUYERS buyers, spread over DAYS days that ended two days ago."""
	# Seeded: two desks, and their pictures, show the same.
	random = Random(1)
	numbers = range(BUYERS)
	meli.batch(_person(number) if number % 4 else _company(number, arca) for number in numbers)
	shipments = meli.batch(_shipment(random, seller, number) for number in numbers)
	meli.batch(_orders(random, seller, shipments))


def _person(number: int) -> tuple[str, dict]:
	first, last = FIRST_NAMES[number % 10], LAST_NAMES[number // 10 % 10]
	return _buyer(
		number,
		f"{first}{last}{number}",
		first_name=first,
		last_name=last,
		document=("DNI", str(20_000_000 + 137_731 * number)),
		taxpayer_type="Consumidor Final",
	)


def _company(number: int, arca: ArcaControl) -> tuple[str, dict]:
	name = f"{TRADES[number // 4 % 8]} {LAST_NAMES[number // 4 % 10]}"
	kind, declared = COMPANIES[number // 4 % 3]
	company_cuit = _cuit(70_800_000 + number)
	arca.add_taxpayer(company_cuit, kind, name=f"{name} SRL".upper())
	return _buyer(
		number,
		f"{name.replace(' ', '')}{number}",
		document=("CUIT", company_cuit),
		billing_name=f"{name} SRL",
		taxpayer_type=declared,
	)


def _buyer(number: int, nickname: str, **details) -> tuple[str, dict]:
	return "add_buyer", {"buyer_id": str(FIRST_BUYER + number), "nickname": nickname.upper(), **details}


def _cuit(number: int) -> str:
	return next(filter(cuit.is_valid, (f"30{number}{digit}" for digit in range(10))))


def _shipment(random: Random, seller: str, number: int) -> tuple[str, dict]:
	street, city, state_id, state, zip_code = random.choice(PLACES)
	return "add_shipment", {
		"seller_id": seller,
		"buyer_id": str(FIRST_BUYER + number),
		"street_name": street,
		"street_number": str(random.randrange(100, 5000)),
		"city": city,
		"state_id": state_id,
		"state": state,
		"zip_code": zip_code,
	}


def _orders(random: Random, seller: str, shipments: list[str]) -> Iterator[tuple[str, dict]]:
	# Everybody bought once, and some of them again.
	buyers = itertools.chain(range(BUYERS), (random.randrange(BUYERS) for _ in itertools.count()))
	newest = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=2)
	for number, buyer in zip(range(ORDERS), buyers, strict=False):
		sold = newest - timedelta(days=DAYS) * random.random()
		yield (
			"add_order",
			{
				"order_id": str(FIRST_ORDER + number),
				"seller_id": seller,
				"buyer_id": str(FIRST_BUYER + buyer),
				"shipment_id": shipments[buyer],
				"created": sold.isoformat(timespec="milliseconds"),
				"buyer_form": "id",
			},
		)

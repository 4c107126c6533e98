"""A simulated ARCA and settings that reach it."""

import itertools
from collections.abc import Iterator

import frappe

from mercadolibre_sync.arca.certificate import create_key_and_csr
from mercadolibre_sync.arca.secret import Secret
from simulator.arca_control import ArcaControl

OWN_CUIT = "30708772964"
WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def make_pair(simulator: str, cuit: str = OWN_CUIT, **options) -> tuple[str, Secret]:
	"""A certificate of the simulator's authority and its key. `options`: of `ArcaControl.issue_certificate`."""
	key, csr = create_key_and_csr(cuit, "Demo SA", "demo")
	return ArcaControl(simulator).issue_certificate(csr, **options), key


def configure(simulator: str, **values):
	"""ARCA Settings that work; `values` are set over them. Commits."""
	settings = frappe.get_single("ARCA Settings")
	certificate, key = make_pair(simulator)
	settings.update(
		{
			"enabled": 1,
			"environment": "Homologación",
			"cuit": OWN_CUIT,
			"wait_seconds": 8,
			"certificate": certificate,
			"private_key": key.reveal(),
			"requested_key": None,
			"csr": None,
			"expiry_announced": None,
			"tax_categories": [],
			"wsaa_base": None,
			"padron_base": None,
			**values,
		}
	)
	settings.save(ignore_permissions=True)
	frappe.db.commit()
	return settings


def cuits(prefix: str = "30") -> Iterator[str]:
	"""Valid CUITs, each one once."""
	for number in itertools.count(70_000_000):
		digits = f"{prefix}{number}"
		check = -sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11
		if check < 10:
			yield f"{digits}{check}"

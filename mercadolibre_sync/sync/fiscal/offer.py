"""The registry's data beside the customer's own, for a person to choose from (button "Traer datos fiscales")."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import frappe
from frappe import _

from mercadolibre_sync.arca.persona import Domicilio
from mercadolibre_sync.arca.provinces import PROVINCES
from mercadolibre_sync.sync import addresses
from mercadolibre_sync.sync.fiscal import customer as fiscal
from mercadolibre_sync.sync.links import linked_to
from mercadolibre_sync.sync.text import fit, join

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.fiscal.lookup import Lookup

SHORT = 140
CONDICION = "arca_condicion_iva"
ADDRESS = "fiscal_address"
# Stored options and a title that reads so for everybody.
ADDRESS_TYPE = "Billing"
ADDRESS_TITLE = "Domicilio fiscal"


@dataclass(frozen=True)
class Row:
	"""One thing the registry knows and the customer lacks or has otherwise.

	`key`: the customer's field, or `ADDRESS`. `old`, `new`: as shown. `suggested`: taken unless the person
	says otherwise.
	"""

	key: str
	label: str
	old: str
	new: str
	suggested: bool


def rows(customer: "Document", lookup: "Lookup") -> list[Row]:
	"""What a person can take over from an answer of the registry; labels are translated."""
	new = _new_values(lookup)
	suggested = {
		CONDICION: customer.arca_condicion_iva_source != fiscal.BY_HAND,
		# A customer of MercadoLibre is named by the nickname.
		"customer_name": not customer.get("mercadolibre_id"),
		"arca_document_type": True,
		"tax_category": not customer.tax_category,
	}
	found = [
		Row(
			key,
			_(customer.meta.get_label(key), context="Customer"),
			customer.get(key) or "",
			value,
			suggested[key],
		)
		for key, value in new.items()
	]
	if row := _address_row(customer, lookup):
		found.append(row)
	return [row for row in found if row.new and row.new != row.old]


def take(customer: "Document", lookup: "Lookup", keys: Collection[str]) -> None:
	"""Take over what the person chose of `rows`, note the answer, and save with the person's permissions."""
	chosen = {row.key for row in rows(customer, lookup)}.intersection(keys)
	customer.flags.from_registry = True
	kept = {"tax_category": customer.tax_category}
	if CONDICION in chosen:
		# Also in the place of what was set by hand.
		customer.arca_condicion_iva_source = fiscal.FROM_ARCA
	else:
		kept |= {name: customer.get(name) for name in (CONDICION, "arca_condicion_iva_source")}
	fiscal.apply(customer, lookup)
	new = _new_values(lookup)
	customer.update({**kept, **{key: new[key] for key in chosen if key in new}})
	customer.save()
	if ADDRESS in chosen:
		frappe.has_permission(addresses.ADDRESS, "create", throw=True)
		owner = fit(customer.name, SHORT - len(ADDRESS_TITLE) - len("--99"))[0]
		addresses.insert(customer, _address_values(lookup.persona.domicilio), owner)


def _new_values(lookup: "Lookup") -> dict[str, str]:
	condicion = lookup.decision.condicion
	return {
		CONDICION: condicion.label if condicion else "",
		"customer_name": fit(lookup.persona.name, SHORT)[0],
		"arca_document_type": lookup.persona.tipo_clave,
		"tax_category": (fiscal.tax_category(condicion.label) or "") if condicion else "",
	}


def _address_row(customer: "Document", lookup: "Lookup") -> Row | None:
	values = _address_values(lookup.persona.domicilio)
	if not values or addresses.exists(customer.name, values):
		return None
	shown = ["address_line1", "address_line2", "city", "state", "pincode"]
	known = linked_to(customer.name, addresses.ADDRESS, ["address_type", *shown])
	billing = next((row for row in known if row.address_type == ADDRESS_TYPE), None)
	old = join(*(billing[name] for name in shown)) if billing else ""
	new = join(*(values[name] for name in shown))
	return Row(ADDRESS, _("Fiscal Address"), old, new, suggested=True)


def _address_values(domicilio: Domicilio | None) -> dict | None:
	"""The fields of the Address, None where the registry gives no street or place."""
	province = PROVINCES.get(domicilio.provincia_id) if domicilio else None
	# The city of Buenos Aires comes without localidad.
	city = domicilio and (domicilio.localidad or (province.name if province else domicilio.provincia))
	if not city or not domicilio.direccion:
		return None
	line1, rest = fit(domicilio.direccion, SHORT)
	return {
		"address_title": ADDRESS_TITLE,
		"address_type": ADDRESS_TYPE,
		"address_line1": line1,
		"address_line2": fit(join(rest, domicilio.dato_adicional), SHORT)[0] or None,
		"city": fit(city, SHORT)[0],
		"state": fit(province.name if province else domicilio.provincia, SHORT)[0] or None,
		"pincode": domicilio.codigo_postal or None,
		"country": frappe.db.get_value("Country", {"code": "ar"}) or "Argentina",
	}

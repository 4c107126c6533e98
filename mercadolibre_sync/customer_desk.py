"""What a Customer's form shows of MercadoLibre beside its fields."""

import frappe
from frappe import _

from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.sites import sale_url
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.versions import ORDER

# The rest is a click away, behind the form's connections.
SHOWN = 20


def connections(data: dict) -> dict:
	"""Add orders and notifications to the Customer's dashboard (hook)."""
	data.setdefault("fieldname", "customer")
	fieldnames = {ORDER: "customer", NOTIFICATION: "customer"}
	data["non_standard_fieldnames"] = {**data.get("non_standard_fieldnames", {}), **fieldnames}
	group = {"label": _("MercadoLibre"), "items": list(fieldnames)}
	data["transactions"] = [*data.get("transactions", []), group]
	return data


@frappe.whitelist(methods=["GET"])
def orders(customer: str) -> list[dict]:
	"""The customer's newest orders, the newest first: `order_id`, `last_updated`, `status`, `sale`.

	`status` is MercadoLibre's word, `sale` the address of the seller's page of it. Who may not read orders gets a PermissionError.
	"""
	rows = frappe.get_list(
		ORDER,
		filters={"customer": customer},
		fields=["order_id", "order_status", "last_updated", "account"],
		order_by="last_updated desc",
		limit=SHOWN,
	)
	sites = dict(frappe.get_all(ACCOUNT, fields=["name", "site"], as_list=True))
	return [
		{
			"order_id": row.order_id,
			"last_updated": row.last_updated,
			"status": row.order_status,
			"sale": sale_url(sites[row.account], row.order_id) if row.account in sites else None,
		}
		for row in rows
	]

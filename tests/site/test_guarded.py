"""What the forms show read-only, over the REST API: nobody rewrites it, whatever their role."""

from collections.abc import Iterator
from datetime import datetime

import frappe
import requests
from frappe.model import no_value_fields
from frappe.utils import add_days, now_datetime

from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.custom_fields import MODULE
from mercadolibre_sync.roles import ROLES
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.fiscal.registry import SETTINGS as ARCA
from mercadolibre_sync.sync.fiscal.tickets import TICKET
from mercadolibre_sync.sync.versions import ORDER
from tests.ground import masters
from tests.ground.people import make_user
from tests.site.base import ACCOUNT_NAME, PASSWORD
from tests.site.served import ServedTestCase

EVERY_ROLE = (*ROLES, "System Manager")
ANOTHER_MOMENT = datetime(2020, 2, 29, 12)


class TestReadOnlyFields(ServedTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.sessions = {role: cls.with_role(role) for role in EVERY_ROLE}

	@classmethod
	def with_role(cls, role: str) -> requests.Session:
		user = f"{frappe.scrub(role)}@mercadolibre-sync.example"
		make_user(user, role, PASSWORD, [role])
		return cls.logged_in(user)

	def setUp(self) -> None:
		super().setUp()
		notification = self.sync_order(self.add_order(self.add_buyer()))
		backfill = frappe.get_doc({"doctype": BACKFILL, **self.span()}).insert()
		ticket = frappe.get_doc({"doctype": TICKET, "name": "wsfe-1-Testing"})
		ticket.db_insert()
		self.addCleanup(self.delete, TICKET, ticket.name)
		frappe.db.commit()
		self.documents = {
			"MercadoLibre Notification": notification.name,
			ORDER: notification.order_id,
			BACKFILL: backfill.name,
			ACCOUNT: ACCOUNT_NAME,
			TICKET: ticket.name,
			"MercadoLibre Settings": "MercadoLibre Settings",
			ARCA: ARCA,
		}

	def delete(self, doctype: str, name: str) -> None:
		frappe.db.delete(doctype, {"name": name})
		frappe.db.commit()

	def span(self) -> dict:
		return {"account": ACCOUNT_NAME, "updated_from": str(add_days(now_datetime(), -1))}

	def test_every_doctype_of_ours_is_tried(self):
		doctypes = frappe.get_all("DocType", filters={"module": MODULE, "istable": 0}, pluck="name")
		self.assertEqual(set(doctypes), set(self.documents))

	def test_a_read_only_field_is_not_changed(self):
		for doctype, name in self.documents.items():
			for role, session in self.sessions.items():
				for field in read_only_fields(doctype):
					with self.subTest(doctype=doctype, role=role, field=field.fieldname):
						before = self.value(doctype, name, field.fieldname)
						answer = session.put(
							f"{self.address}/api/resource/{doctype}/{name}",
							json={field.fieldname: another_value(field, before)},
							timeout=60,
						)
						self.assertIn(answer.status_code, (403, 417))
						self.assertEqual(self.value(doctype, name, field.fieldname), before)

	def value(self, doctype: str, name: str, fieldname: str):
		frappe.db.rollback()
		if frappe.get_meta(doctype).issingle:
			return frappe.db.get_single_value(doctype, fieldname, cache=False)
		return frappe.db.get_value(doctype, name, fieldname)

	def test_the_refusal_names_the_field(self):
		answer = self.sessions["MercadoLibre User"].put(
			f"{self.address}/api/resource/MercadoLibre Notification/{self.documents['MercadoLibre Notification']}",
			json={"reason": "Nada que ver"},
			timeout=60,
		)
		self.assertIn("Motivo", answer.text)

	def test_what_is_created_begins_where_everything_begins(self):
		frappe.db.delete(BACKFILL)
		frappe.db.commit()
		account = {"account_name": "OTRA", "site": "MLA", "company": masters.company()}
		for doctype, values, extra in (
			(BACKFILL, self.span(), {"status": "Completed"}),
			(ACCOUNT, account | {"customer_group": masters.customer_group()}, {"status": "Connected"}),
		):
			for sent, status in ((values | extra, 417), (values, 200)):
				with self.subTest(doctype=doctype, status=status):
					answer = self.sessions["MercadoLibre Manager"].post(
						f"{self.address}/api/resource/{doctype}", json=sent, timeout=60
					)
					self.assertEqual(answer.status_code, status, answer.text)

	def test_what_is_not_read_only_can_be_changed_as_before(self):
		manager = self.sessions["MercadoLibre Manager"]
		document = manager.get(f"{self.address}/api/resource/{ACCOUNT}/{ACCOUNT_NAME}", timeout=60).json()[
			"data"
		]
		# As a form does, with every field that it has read.
		answer = manager.put(
			f"{self.address}/api/resource/{ACCOUNT}/{ACCOUNT_NAME}",
			json=document | {"only_paid_orders": 1},
			timeout=60,
		)
		self.assertEqual(answer.status_code, 200, answer.text)
		self.assertEqual(self.value(ACCOUNT, ACCOUNT_NAME, "only_paid_orders"), 1)


def read_only_fields(doctype: str) -> Iterator:
	for field in frappe.get_meta(doctype).get("fields", {"read_only": 1, "is_virtual": 0}):
		if field.fieldtype not in no_value_fields:
			yield field


def another_value(field, before):
	"""A value that the field could have, other than that."""
	if field.fieldtype == "Select":
		return next(option for option in field.options.split("\n") if option != (before or ""))
	if field.fieldtype == "Link" and before:
		return None
	if field.fieldtype in ("Datetime", "Date"):
		return str(ANOTHER_MOMENT)
	if field.fieldtype in ("Int", "Check", "Percent", "Float"):
		return 0 if before else 1
	return "otra cosa"

"""What others build on a synced order, by Frappe's standard means: docs/extending.md."""

import contextlib
import re
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import frappe

from mercadolibre_sync.inbox import states
from mercadolibre_sync.orders import get_order
from mercadolibre_sync.sync.errors import NeedsAttention
from mercadolibre_sync.sync.versions import ORDER
from tests.site.base import SELLER, SiteTestCase

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "extending.md"
HAS_SALES_ORDER = bool(find_spec("erpnext") and find_spec("erpnext.selling.doctype.sales_order"))
# Frappe asks whether the app is installed that a handler's name begins with.
APP = "mercadolibre_sync.app_of_a_site"


def example() -> types.ModuleType:
	"""The document's example, as a module."""
	(code,) = re.findall(r"```python\n(.+?)```", DOCUMENT.read_text(), re.DOTALL)
	module = types.ModuleType(APP)
	exec(code, module.__dict__)
	return module


@contextlib.contextmanager
def hooked(handler: Callable, *events: str) -> Iterator[None]:
	"""Have an app of the site hook into the events of MercadoLibre Order."""
	sys.modules.setdefault(APP, types.ModuleType(APP)).handler = handler
	hooks = frappe.get_doc_hooks()
	hooks[ORDER] = {event: [f"{APP}.handler"] for event in events}
	frappe.local.request_cache.clear()
	try:
		yield
	finally:
		del hooks[ORDER]
		frappe.local.request_cache.clear()


class TestEvents(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.heard: list[tuple] = []

	def hear(self, order, event: str) -> None:
		"""Note what an event finds: of a new buyer, all that is written."""
		is_written = order.customer and bool(self.addresses(order.customer) and self.contacts(order.customer))
		self.heard.append((event, order.name, order.order_status, order.customer, is_written))

	def test_a_new_order_and_a_newer_version_are_heard_once_each_with_the_buyers_documents(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={})
		with hooked(self.hear, "after_insert", "on_update"):
			self.sync_order(order)
			self.sync_order(order)
			self.meli.set_order(order, status="cancelled")
			self.sync_order(order)
		self.assertEqual(
			self.heard,
			[
				("after_insert", order, "paid", buyer, True),
				("on_update", order, "paid", buyer, True),
				("on_update", order, "cancelled", buyer, True),
			],
		)
		self.assertEqual(frappe.db.get_value(ORDER, order, "order_status"), "cancelled")

	def test_an_order_without_a_customer_is_heard_without_one(self):
		order = self.add_order(self.add_buyer(), status="cancelled")
		with hooked(self.hear, "after_insert"):
			self.sync_order(order)
		self.assertEqual(self.heard, [("after_insert", order, "cancelled", None, None)])

	def test_what_an_event_raises_undoes_the_buyer_and_the_next_attempt_tells_it_again(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer)

		def refuse(*_arguments) -> None:
			frappe.throw("No hay lugar.")

		with hooked(refuse, "on_update"):
			row = self.sync_order(order)
		self.assertEqual(row.status, states.FAILED)
		self.assertIn("No hay lugar.", row.reason)
		self.assertFalse(frappe.db.exists("Customer", buyer))
		self.assertFalse(frappe.db.exists(ORDER, order))
		with hooked(self.hear, "on_update"):
			self.assertEqual(self.sync_order(order).status, states.DONE)
		self.assertEqual([name for _event, name, *_rest in self.heard], [order])

	def test_a_notification_made_on_the_desk_is_heard(self):
		alert = frappe.new_doc("Notification")
		alert.update(
			{
				"name": "Orden sincronizada",
				"subject": "Orden {{ doc.name }}",
				"document_type": ORDER,
				"event": "New",
				"channel": "System Notification",
				"message": "Llegó",
				"recipients": [{"receiver_by_role": "MercadoLibre Manager"}],
				"set_property_after_alert": "order_status",
				"property_value": "vista",
			}
		)
		alert.insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(alert.delete)
		frappe.local.request_cache.clear()
		self.addCleanup(frappe.local.request_cache.clear)
		order = self.add_order(self.add_buyer())
		self.sync_order(order)
		self.assertEqual(frappe.db.get_value(ORDER, order, "order_status"), "vista")


class TestOrder(SiteTestCase):
	def test_it_is_the_order_as_mercadolibre_sends_it_in_the_accounts_name(self):
		order = self.add_order(self.add_buyer())
		self.sync_order(order)
		self.meli.expire_access_tokens(SELLER)
		self.meli.forget_calls()
		sent = get_order(order)
		self.assertEqual(sent["id"], int(order))
		self.assertEqual(sent["order_items"][0]["quantity"], 2)
		# Refused, renewed, and asked once more.
		self.assertEqual([call.status for call in self.meli.calls(f"^/orders/{order}")], [401, 200])

	def test_one_that_was_never_synced_is_named(self):
		with self.assertRaisesRegex(NeedsAttention, "2000000000000001"):
			get_order("2000000000000001")


@unittest.skipUnless(HAS_SALES_ORDER, "needs ERPNext's Sales Order: run it on a bench")
class TestExample(SiteTestCase):
	def test_it_makes_one_draft_sales_order(self):
		module = example()
		order = self.add_order(self.add_buyer())
		self.sync_order(order)
		line = get_order(order)["order_items"][0]
		self.make_item(line["item"]["id"])
		for _event in range(2):
			module.make_sales_order(order)
		(sales_order,) = frappe.get_all(
			"Sales Order", {"po_no": order}, ["customer", "docstatus", "net_total"]
		)
		self.assertEqual(sales_order.docstatus, 0)
		self.assertEqual(sales_order.net_total, line["quantity"] * line["unit_price"])

	def make_item(self, code: str) -> None:
		item = frappe.new_doc("Item")
		group = frappe.db.get_value("Item Group", {"is_group": 0})
		unit = frappe.db.get_value("UOM", {})
		item.update({"item_code": code, "item_group": group, "stock_uom": unit, "is_stock_item": 0})
		item.insert()
		frappe.db.commit()


class TestExampleHook(SiteTestCase):
	def test_a_paid_order_queues_its_job_when_the_buyer_is_committed(self):
		queued: list[str] = []
		module = example()
		module.make_sales_order = queued.append
		enqueue = module.frappe.enqueue
		self.addCleanup(setattr, module.frappe, "enqueue", enqueue)

		def note(method: Callable, *, order_id: str, enqueue_after_commit: bool) -> None:
			self.assertTrue(enqueue_after_commit)
			frappe.db.after_commit.add(lambda: method(order_id))

		order = self.add_order(self.add_buyer())
		with hooked(module.on_order, "on_update"):
			module.frappe.enqueue = note
			self.sync_order(order)
			self.meli.set_order(order, status="cancelled")
			self.sync_order(order)
			module.frappe.enqueue = enqueue
		self.assertEqual(queued, [order])

import frappe
from frappe import _

from mercadolibre_sync.account import authorisation, checkup
from mercadolibre_sync.backfill.run import BACKFILL, COMPLETED
from mercadolibre_sync.guarded import GuardedDocument
from mercadolibre_sync.inbox import claims, door, failures, intake, states, wake
from mercadolibre_sync.meli.errors import MeliError
from mercadolibre_sync.meli.values import to_id
from mercadolibre_sync.sync import moving
from mercadolibre_sync.sync.accounts import CONNECTED, NOT_CONNECTED, customer_group_problem
from mercadolibre_sync.sync.errors import SiteMoved, SyncError


class MercadoLibreAccount(GuardedDocument):
	def onload(self) -> None:
		"""What the form shows above the fields, in one glance."""
		completed = {"account": self.name, "status": COMPLETED}
		self.set_onload(
			"synchronised",
			frappe.db.get_value(BACKFILL, completed, "finished_at", order_by="finished_at desc"),
		)
		self.set_onload("waiting", self.count(states.QUEUED, states.PROCESSING, states.WAITING))
		self.set_onload("failed", self.count(states.FAILED))
		self.set_onload("moved", self.describe_move())

	def describe_move(self) -> str | None:
		"""Why this site does not speak for the account although it holds tokens, for who looks at it."""
		try:
			moving.check(self.name, self.site_address)
		except SiteMoved as moved:
			return str(moved.reason)

	def count(self, *status: str) -> int:
		"""The account's notifications in these states."""
		return frappe.db.count(states.NOTIFICATION, {"account": self.name, "status": ("in", status)})

	def validate(self) -> None:
		self.validate_user_id()
		self.validate_customer_group()
		self.set_status()

	def validate_user_id(self) -> None:
		self.user_id = (self.user_id or "").strip()
		if self.user_id and not self.user_id.isdecimal():
			frappe.throw(_('"Seller ID" must be the seller\'s user number at MercadoLibre, digits only.'))
		if not self.user_id:
			return
		other = frappe.db.get_value(self.doctype, {"user_id": self.user_id, "name": ("!=", self.name)})
		if other:
			frappe.throw(_('"Seller ID" {0} already belongs to the account {1}.').format(self.user_id, other))

	def validate_customer_group(self) -> None:
		if problem := customer_group_problem(self.customer_group):
			frappe.throw(str(problem))

	def set_status(self) -> None:
		"""A token typed in by hand is taken for a good one until MercadoLibre refuses it."""
		if not self.access_token:
			self.update({"status": NOT_CONNECTED, "site_address": None})
		elif self.has_value_changed("access_token") or self.status == NOT_CONNECTED:
			self.update({"status": CONNECTED, "token_expires_at": None, "site_address": moving.address()})

	def on_update(self) -> None:
		door.forget_sellers()
		before = self.get_doc_before_save()
		if before and before.status != CONNECTED and self.status == CONNECTED:
			claims.requeue_waiting_for_account(self.name)

	def on_trash(self) -> None:
		door.forget_sellers()

	@frappe.whitelist()
	def authorise(self) -> str:
		"""Address of MercadoLibre's page where the seller lets this site in."""
		self.check_permission("write")
		try:
			return authorisation.begin(self.name)
		except SyncError as error:
			frappe.throw(str(error))

	@frappe.whitelist()
	def disconnect(self) -> str:
		"""Remove the grant at MercadoLibre and the tokens here. Returns what was done, in words."""
		self.check_permission("write")
		try:
			return authorisation.disconnect(self.name)
		except (MeliError, SyncError) as error:
			frappe.throw(_("{0} Nothing was changed; try again later.").format(failures.describe(error)))

	@frappe.whitelist()
	def test_connection(self) -> list[dict]:
		"""What works and what does not: `subject`, `works` (None if it could not be tried) and `message`."""
		self.check_permission("write")
		return checkup.check(self.name)

	@frappe.whitelist()
	def synchronise(self, updated_from: str) -> str:
		"""Look for orders that changed since then. Returns the name of the back-fill."""
		self.check_permission("write")
		backfill = frappe.new_doc(BACKFILL)
		backfill.update({"account": self.name, "updated_from": updated_from})
		return backfill.insert().name

	@frappe.whitelist()
	def synchronise_order(self, order_id: str) -> str:
		"""Read one order, by its number. Returns the name of its row in the inbox."""
		self.check_permission("write")
		order_id = order_id.strip()
		if to_id(order_id) != order_id:
			frappe.throw(_('"Order" must be the order\'s number at MercadoLibre, digits only.'))
		if not self.user_id:
			frappe.throw(
				_("The account {0} is not connected. Press Authorise in it first.").format(self.name)
			)
		notification = intake.order_notification(order_id, self.user_id)
		(name,) = intake.store_all([notification], self.name, intake.SOURCE_BY_HAND, states.PRIORITY_FRESH)
		frappe.db.after_commit.add(wake.wake)
		return name

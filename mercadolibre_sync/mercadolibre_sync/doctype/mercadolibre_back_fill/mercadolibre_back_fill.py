import frappe
from frappe import _
from frappe.utils import add_to_date, format_date, get_datetime, now_datetime

from mercadolibre_sync.backfill import run
from mercadolibre_sync.guarded import GuardedDocument
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED
from mercadolibre_sync.words import restored

# MercadoLibre's own: older orders are gone.
MONTHS_KEPT = 12


class MercadoLibreBackfill(GuardedDocument):
	def before_insert(self) -> None:
		self.updated_to = self.updated_to or now_datetime()

	def before_print(self, settings: dict | None = None) -> None:
		self.message = str(restored(self.message))

	def validate(self) -> None:
		if self.is_new():
			self.validate_span()
			self.validate_account()
			self.position = self.updated_from

	def validate_span(self) -> None:
		now = now_datetime()
		oldest = add_to_date(now, months=-MONTHS_KEPT)
		since, until = get_datetime(self.updated_from), get_datetime(self.updated_to)
		for fieldname, moment in (("updated_from", since), ("updated_to", until)):
			if moment > now:
				frappe.throw(_('"{0}" is in the future.').format(self.label(fieldname)))
		if since < oldest:
			frappe.throw(
				_(
					'"{0}" is too long ago: MercadoLibre keeps orders for {1} months. Take {2} or later.'
				).format(self.label("updated_from"), MONTHS_KEPT, format_date(add_to_date(oldest, days=1)))
			)
		if since >= until:
			frappe.throw(
				_('"{0}" must be before "{1}".').format(self.label("updated_from"), self.label("updated_to"))
			)

	def label(self, fieldname: str) -> str:
		return _(self.meta.get_label(fieldname), context=self.doctype)

	def validate_account(self) -> None:
		account = frappe.db.get_value(ACCOUNT, self.account, ["enabled", "status"], as_dict=True)
		if not account.enabled or account.status != CONNECTED:
			frappe.throw(
				_("The account {0} is not connected. Press Authorise in it first.").format(self.account)
			)
		self.validate_is_only_one()

	def validate_is_only_one(self) -> None:
		filters = {"account": self.account, "status": run.RUNNING, "name": ("!=", self.name)}
		if other := frappe.db.get_value(self.doctype, filters):
			frappe.throw(_("{0} is already looking for orders of this account.").format(other))

	def after_insert(self) -> None:
		frappe.db.after_commit.add(lambda: run.enqueue(self.name))

	@staticmethod
	def clear_old_logs(days: int = 90) -> None:
		"""Called by Frappe's Log Settings: what was completed is of no more use but to look back."""
		long_ago = add_to_date(now_datetime(), days=-days)
		frappe.db.delete(run.BACKFILL, {"status": run.COMPLETED, "modified": ("<", long_ago)})

	@frappe.whitelist()
	def stop(self) -> None:
		"""Stop after the page under way. What is in the inbox stays there."""
		self.check_permission("write")
		if self.status != run.RUNNING:
			frappe.throw(_("Only what is running can be stopped."))
		self.db_set({"status": run.STOPPED, "message": None}, notify=True)

	@frappe.whitelist()
	def resume(self) -> None:
		"""Go on where it stopped or failed."""
		self.check_permission("write")
		if self.status not in (run.STOPPED, run.FAILED):
			frappe.throw(_("Only what was stopped or failed can be resumed."))
		self.validate_account()
		self.db_set({"status": run.RUNNING, "message": None}, notify=True)
		frappe.db.after_commit.add(lambda: run.enqueue(self.name))


def on_doctype_update() -> None:
	"""For the sweep, which looks every minute for what runs."""
	frappe.db.add_index(run.BACKFILL, ["status", "modified"])

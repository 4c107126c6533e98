import frappe
from frappe import _
from frappe.utils import get_url

from mercadolibre_sync.guarded import GuardedDocument
from mercadolibre_sync.inbox import door


class MercadoLibreSettings(GuardedDocument):
	@property
	def notification_url(self) -> str:
		return get_url("/api/method/mercadolibre_sync.api.notifications")

	@property
	def redirect_url(self) -> str:
		return get_url("/api/method/mercadolibre_sync.api.authorized")

	def validate(self) -> None:
		self.application_id = (self.application_id or "").strip()
		if self.application_id and not self.application_id.isdecimal():
			frappe.throw(
				_(
					'"Application ID" must be the number of the application, digits only: it is shown at developers.mercadolibre.com.ar.'
				)
			)

	def on_update(self) -> None:
		door.forget_sellers()

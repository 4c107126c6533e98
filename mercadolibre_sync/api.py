"""The addresses that MercadoLibre calls, and to which it sends people back."""

import frappe
from frappe import _
from frappe.utils import escape_html, get_url_to_form, get_url_to_list
from werkzeug.wrappers import Response

from mercadolibre_sync.account import authorisation
from mercadolibre_sync.inbox import intake, wake
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.errors import SyncError


@frappe.whitelist(allow_guest=True, xss_safe=True, methods=["POST"])
def notifications() -> Response:
	"""Take a notification: POST /api/method/mercadolibre_sync.api.notifications.

	The answer is an empty 200 whatever was posted, so that it tells a stranger nothing and MercadoLibre
	never has a reason to disable a topic (it does when an answer is not 200 within 500 ms). The status
	codes that Frappe gives before or instead of this function are listed in docs/notifications.md.
	"""
	if intake.receive(frappe.request.get_data(), frappe.local.request_ip):
		frappe.db.after_commit.add(wake.wake)
	return Response(status=200)


@frappe.whitelist(methods=["GET"])
def authorized(code: str | None = None, state: str | None = None, error: str | None = None) -> None:
	"""Where MercadoLibre sends the seller after authorising: GET /api/method/mercadolibre_sync.api.authorized.

	Ends at the account's form, or at a page that says what went wrong.
	"""
	try:
		account = authorisation.complete(code, state, error)
	except (authorisation.AuthorisationFailed, SyncError) as failure:
		_show_failure(str(failure), getattr(failure, "account", None))
		return
	frappe.local.response["type"] = "redirect"
	frappe.local.response["location"] = f"{get_url_to_form(ACCOUNT, account)}?authorised=1"


def _show_failure(message: str, account: str | None) -> None:
	frappe.respond_as_web_page(
		_("The account was not connected"),
		escape_html(message),
		http_status_code=400,
		indicator_color="red",
		primary_action=get_url_to_form(ACCOUNT, account) if account else get_url_to_list(ACCOUNT),
		primary_label=_("Back"),
	)

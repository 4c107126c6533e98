"""The endpoints that MercadoLibre calls."""

import frappe
from frappe.rate_limiter import rate_limit
from werkzeug.wrappers import Response

from mercadolibre_sync.inbox import intake, wake

# A brake for strangers, far above what MercadoLibre sends one seller from one address: an answer other
# than 200 makes MercadoLibre disable the topic.
POSTS_PER_MINUTE_AND_ADDRESS = 1000


@frappe.whitelist(allow_guest=True, xss_safe=True, methods=["POST"])
@rate_limit(limit=POSTS_PER_MINUTE_AND_ADDRESS, seconds=60)
def notifications() -> Response:
	"""Take a notification: POST /api/method/mercadolibre_sync.api.notifications.

	The answer is an empty 200 whatever was posted, so that it tells a stranger nothing and MercadoLibre
	never has a reason to disable a topic (it does when an answer is not 200 within 500 ms). The status
	codes that Frappe gives before or instead of this function are listed in docs/notifications.md.
	"""
	if intake.receive(frappe.request.get_data()):
		frappe.db.after_commit.add(wake.wake)
	return Response(status=200)

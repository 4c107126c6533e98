"""A copy of a site, restored at another address to try things, leaves the accounts to the site it was copied from.

MercadoLibre's refresh token works once: the copy that used it up would cut the site in use off. So an account notes
the address at which it was authorised, and is not spoken for at another one until somebody presses Authorise there.
"""

from urllib.parse import urlsplit

import frappe

from mercadolibre_sync.sync.errors import SiteMoved
from mercadolibre_sync.words import text


def address() -> str:
	"""The site's host name, the same for web servers and workers: that of `host_name` in its configuration, or its own."""
	host = frappe.conf.host_name or frappe.local.site
	return urlsplit(host if "//" in host else f"//{host}").hostname or host


def check(account: str, site_address: str | None) -> None:
	"""Raise SiteMoved where the account was authorised at `site_address`, and this site has another one.

	None, which accounts without tokens have, is any site's.
	"""
	if site_address and site_address != address():
		raise SiteMoved(
			text(
				"The account {0} was authorised at {1}, and this site's address is {2}. A copy of a site leaves its accounts to the site it was copied from. If this one takes its place for good, open the account and press Authorise.",
				account,
				site_address,
				address(),
			)
		)

"""Speaks to MercadoLibre's API. Nothing in here knows Frappe, so all of it is tested without a site."""

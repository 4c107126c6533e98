"""MercadoLibre's sites: one per country, each with its own hosts."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote_plus


@dataclass(frozen=True, slots=True)
class Site:
	"""`country_code`: ISO 3166-1 alpha-2, upper case. `country`: name of Frappe's Country record."""

	id: str
	country_code: str
	country: str
	auth_host: str
	profile_host: str
	host: str


def _site(site_id: str, country_code: str, country: str, domain: str) -> Site:
	return Site(site_id, country_code, country, f"auth.{domain}", f"perfil.{domain}", f"www.{domain}")


# The profile hosts of the smaller countries follow the pattern of the others; no example of them was found.
SITES = {
	site.id: site
	for site in (
		_site("MLA", "AR", "Argentina", "mercadolibre.com.ar"),
		_site("MLB", "BR", "Brazil", "mercadolivre.com.br"),
		_site("MLM", "MX", "Mexico", "mercadolibre.com.mx"),
		_site("MLC", "CL", "Chile", "mercadolibre.cl"),
		_site("MCO", "CO", "Colombia", "mercadolibre.com.co"),
		_site("MLU", "UY", "Uruguay", "mercadolibre.com.uy"),
		_site("MPE", "PE", "Peru", "mercadolibre.com.pe"),
		_site("MLV", "VE", "Venezuela, Bolivarian Republic of", "mercadolibre.com.ve"),
		_site("MEC", "EC", "Ecuador", "mercadolibre.com.ec"),
		_site("MBO", "BO", "Bolivia, Plurinational State of", "mercadolibre.com.bo"),
		_site("MPY", "PY", "Paraguay", "mercadolibre.com.py"),
		_site("MPA", "PA", "Panama", "mercadolibre.com.pa"),
		_site("MCR", "CR", "Costa Rica", "mercadolibre.co.cr"),
		_site("MRD", "DO", "Dominican Republic", "mercadolibre.com.do"),
		_site("MGT", "GT", "Guatemala", "mercadolibre.com.gt"),
		_site("MHN", "HN", "Honduras", "mercadolibre.com.hn"),
		_site("MNI", "NI", "Nicaragua", "mercadolibre.com.ni"),
		_site("MSV", "SV", "El Salvador", "mercadolibre.com.sv"),
	)
}

_BY_COUNTRY_CODE = {site.country_code: site for site in SITES.values()}


def site(site_id: str) -> Site:
	"""The site of that id, such as "MLA". KeyError if there is none."""
	return SITES[site_id]


def country_name(country_code: str | None) -> str | None:
	"""Frappe's name of a country MercadoLibre works in, from its ISO code; None for any other."""
	found = _BY_COUNTRY_CODE.get((country_code or "").upper())
	return found.country if found else None


def profile_url(site_id: str, nickname: str) -> str:
	"""Address of a user's public page, for when the API gives no `permalink`. KeyError on an unknown site."""
	return f"https://{site(site_id).profile_host}/{quote_plus(nickname)}"


def sale_url(site_id: str, order_id: str) -> str:
	"""Address of the page on which the seller finds a sale. KeyError on an unknown site."""
	path = "vendas/{}/detalhe" if site_id == "MLB" else "ventas/{}/detalle"
	return f"https://{site(site_id).host}/{path.format(order_id)}"

"""Where ARCA's services are. The names kept their afip.gov.ar: not all of them resolve as arca.gob.ar."""

from dataclasses import dataclass

from mercadolibre_sync.arca.errors import EndpointInvalid

HOMOLOGACION = "Homologación"
PRODUCCION = "Producción"

_WSAA_PATH = "/ws/services/LoginCms"
_PADRON_PATH = "/sr-padron/webservices/personaServiceA5"
_BASES = {
	HOMOLOGACION: ("https://wsaahomo.afip.gov.ar", "https://awshomo.afip.gov.ar"),
	PRODUCCION: ("https://wsaa.afip.gov.ar", "https://aws.afip.gov.ar"),
}


@dataclass(frozen=True)
class Endpoints:
	"""The addresses of one environment's services."""

	wsaa: str
	padron: str


def endpoints(environment: str, wsaa_base: str = "", padron_base: str = "") -> Endpoints:
	"""Return the addresses of "Homologación" or "Producción".

	A base (scheme, host and perhaps a path) replaces ARCA's own, e.g. when a host is renamed or for a simulator.

	Raises:
		EndpointInvalid: no such environment.
	"""
	if environment not in _BASES:
		raise EndpointInvalid(f"environment {environment}")
	wsaa, padron = _BASES[environment]
	return Endpoints(
		wsaa=(wsaa_base or wsaa).rstrip("/") + _WSAA_PATH,
		padron=(padron_base or padron).rstrip("/") + _PADRON_PATH,
	)

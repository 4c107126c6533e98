"""What can go wrong with ARCA, as classes by what has to be done about it.

* `ConfigurationError`: stop asking until a person has acted; `remedy` says what to do.
* `TemporaryError`: ask again after `retry_after` seconds.
* `MalformedCuit`: this one number cannot be asked for; others can.

`cause` and `remedy` are fixed sentences of the class, so that the desk can translate them; what varies, the
server's own words, is in `detail`. `code` is fixed too and can be stored: `from_code` builds the error again.
None of them ever carries a key, a token, a sign or an envelope.
"""

import re

from mercadolibre_sync.arca.secret import Secret

_DETAIL_LENGTH = 300

# Tokens, signs and CMS are base64; a server may repeat a part of one. ARCA's words are shorter than this.
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{40,}")


class ArcaError(Exception):
	"""Base of all errors of this package."""

	code = "arca"
	cause = "ARCA could not be asked."
	remedy = "Look at the detail."

	def __init__(self, detail: str = "") -> None:
		super().__init__(detail)
		self.detail = detail

	def __str__(self) -> str:
		sentence = f"{self.cause} {self.remedy}"
		return f"{sentence} ({self.code}: {self.detail})" if self.detail else f"{sentence} ({self.code})"


class MalformedCuit(ArcaError, ValueError):
	code = "cuit.malformed"
	cause = "The number is not a CUIT."
	remedy = "A CUIT has 11 digits and the last one checks the others: correct it on the customer."


class ConfigurationError(ArcaError):
	"""Asking again leads to the same answer until a person changes something."""

	code = "configuration"
	cause = "ARCA refuses the request because of the configuration."
	remedy = "Check the ARCA section of the settings."


class MalformedCertificate(ConfigurationError):
	code = "certificate.malformed"
	cause = "The certificate cannot be read."
	remedy = "Paste the whole .crt file ARCA gave you, from BEGIN CERTIFICATE to END CERTIFICATE."


class MalformedKey(ConfigurationError):
	code = "key.malformed"
	cause = "The private key cannot be read."
	remedy = "Paste the RSA private key in PEM format without password, or create a new key and request."


class KeyOfAnotherCertificate(ConfigurationError):
	code = "key.mismatch"
	cause = "The private key does not belong to the certificate."
	remedy = "Use the key the certificate request was made with, or create a new key and request."


class CertificateExpired(ConfigurationError):
	code = "certificate.expired"
	cause = "The certificate has expired."
	remedy = "Create a new key and request, and get a new certificate from ARCA."


class CertificateNotYetValid(ConfigurationError):
	code = "certificate.not_yet_valid"
	cause = "The certificate is not valid yet."
	remedy = "Set the server's clock (NTP); if it is right, wait a few minutes: the certificate is very new."


class CertificateOfOtherEnvironment(ConfigurationError):
	code = "certificate.environment"
	cause = "The certificate was issued for the other environment (Homologación or Producción)."
	remedy = "Choose the environment of the certificate, or get a certificate for this environment."


class ServiceNotDelegated(ConfigurationError):
	code = "service.not_delegated"
	cause = "The certificate is not authorised to use the service."
	remedy = (
		"Delegate 'Consulta Constancia de Inscripción' to the certificate's alias: in Producción in 'Administrador "
		"de Relaciones de Clave Fiscal', in Homologación in WSASS."
	)


class CuitNotRepresented(ConfigurationError):
	code = "cuit.not_represented"
	cause = "The certificate may not act for the CUIT represented."
	remedy = "Correct the CUIT represented in the settings, or have that CUIT delegate the service at ARCA."


class ClockSkew(ConfigurationError):
	code = "clock.skew"
	cause = "ARCA does not accept the time of the request: the server's clock is wrong."
	remedy = "Synchronise the server's clock (NTP, for example with time.afip.gov.ar)."


class UnknownService(ConfigurationError):
	code = "service.unknown"
	cause = "ARCA does not know the service asked for in this environment."
	remedy = "Update the app; if that does not help, report it with this code."


class EndpointInvalid(ConfigurationError):
	code = "endpoint.invalid"
	cause = "The address of ARCA's server cannot be used."
	remedy = "Leave the base address in the settings empty, or enter one that begins with https://."


class RequestRefused(ConfigurationError):
	"""ARCA found the request itself wrong; ours is at fault, or ARCA changed its service."""

	code = "request.refused"
	cause = "ARCA refuses the form of the request."
	remedy = "Update the app; if that does not help, report it with this code and detail."


class TemporaryError(ArcaError):
	"""Asking again later can succeed."""

	code = "temporary"
	cause = "ARCA's server is not available."
	remedy = "Nothing to do: it is asked again by itself."
	retry_after = 60  # seconds; the WSAA specification asks for at least 60 after a failure of its own


class TlsFailure(TemporaryError):
	code = "tls"
	cause = "No trustworthy encrypted connection to ARCA's server could be made."
	remedy = (
		"If it lasts, check the server's certificate authorities and what inspects its outgoing connections."
	)
	retry_after = 600


class AlreadyAuthenticated(TemporaryError):
	"""WSAA gave a ticket not long ago, which is lost to us, and does not give it out twice."""

	code = "ticket.already_issued"
	cause = "ARCA gave this certificate a ticket that is still valid and that is not known here."
	remedy = (
		"Nothing to do: it is asked again until ARCA gives a new one (minutes, at most 12 hours). If it keeps "
		"coming back, another system uses the same certificate: give each its own."
	)
	retry_after = 120


class TokenRejected(TemporaryError):
	"""The registry does not accept the ticket; `Authenticator.with_ticket` already asked with a new one."""

	code = "ticket.rejected"
	cause = "The registry does not accept the ticket."
	remedy = "Nothing to do: it is asked again with a new ticket. If it lasts, check the environment."
	retry_after = 600


class UnexpectedAnswer(TemporaryError):
	code = "answer.unexpected"
	cause = "ARCA's answer was cut off or has an unknown shape."
	remedy = "Nothing to do: it is asked again. If it lasts, update the app."


def _subclasses(kind: type[ArcaError]) -> list[type[ArcaError]]:
	found = [kind]
	for child in kind.__subclasses__():
		found.extend(_subclasses(child))
	return found


def from_code(code: str, detail: str = "") -> ArcaError:
	"""Build the error whose `code` was stored, e.g. to raise it again without asking ARCA again.

	An unknown code gives a `TemporaryError`, which only leads to asking again.
	"""
	by_code = {kind.code: kind for kind in _subclasses(ArcaError)}
	return by_code.get(code, TemporaryError)(detail)


def scrub(text: str, *secrets: Secret) -> str:
	"""Shorten a server's words to one line of at most 300 characters, without the secrets or anything like them."""
	for secret in secrets:
		if secret:
			text = text.replace(secret.reveal(), repr(secret))
	text = _BASE64.sub("********", text)
	return " ".join(text.split())[:_DETAIL_LENGTH]

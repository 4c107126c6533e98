import re
from dataclasses import asdict

import frappe
from frappe import _

from mercadolibre_sync.arca import certificate as certificates
from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.arca.errors import (
	ArcaError,
	CertificateOfOtherEnvironment,
	EndpointInvalid,
	KeyOfAnotherCertificate,
	MalformedKey,
)
from mercadolibre_sync.arca.secret import Secret
from mercadolibre_sync.arca.soap import check_address
from mercadolibre_sync.guarded import GuardedDocument
from mercadolibre_sync.sync.fiscal import SETTINGS, connection_test, notices, tickets
from mercadolibre_sync.sync.fiscal.registry import Registry, configuration, forget_that_it_is_down
from mercadolibre_sync.sync.fiscal.texts import explain_error

LONGEST_WAIT = 30


class ARCASettings(GuardedDocument):
	def onload(self) -> None:
		"""What the form shows above the fields."""
		if self.certificate_expires_on and notices.expires_soon(self.certificate_expires_on):
			self.set_onload("expiry", str(notices.expiry_warning(self.certificate_expires_on)))
		if self.enabled and (obstacle := Registry(configuration(), self.wait_seconds).obstacle()):
			self.set_onload("obstacle", str(explain_error(obstacle)))

	def validate(self) -> None:
		self.validate_cuit()
		self.validate_wait()
		self.validate_days()
		self.validate_addresses()
		self.validate_tax_categories()
		self.validate_certificate()
		self.validate_completeness()

	def validate_cuit(self) -> None:
		self.cuit = cuits.normalise(self.cuit or "")
		if self.cuit and not cuits.is_valid(self.cuit):
			self._refuse(
				"cuit", _("A CUIT has 11 digits and the last one checks the others: one of them is wrong.")
			)

	def validate_wait(self) -> None:
		if not 1 <= (self.wait_seconds or 0) <= LONGEST_WAIT:
			self._refuse("wait_seconds", _("It must be a number from 1 to {0}.").format(LONGEST_WAIT))

	def validate_days(self) -> None:
		if (self.ask_again_days or 0) < 0:
			self._refuse("ask_again_days", _("It must be a number of days, 0 for never."))

	def validate_addresses(self) -> None:
		for fieldname in ("wsaa_base", "padron_base"):
			address = (self.get(fieldname) or "").strip()
			self.set(fieldname, address)
			if not address:
				continue
			try:
				check_address(address)
			except EndpointInvalid as error:
				self._refuse(fieldname, str(explain_error(error)))

	def validate_tax_categories(self) -> None:
		conditions = [row.condicion_iva for row in self.tax_categories]
		for condition in conditions:
			if conditions.count(condition) > 1:
				self._refuse("tax_categories", _("{0} stands in two rows.").format(condition))

	def validate_certificate(self) -> None:
		"""Check certificate and key against each other, and take over the key of the request it was made for.

		Only when one of them changes: an expired certificate must not keep a person from saving the rest.
		"""
		if not any(self.has_value_changed(name) for name in ("certificate", "private_key", "environment")):
			return
		self._restore_lines_of_key()
		if not self.certificate:
			self._show(None)
			return
		try:
			self._adopt_requested_key()
			self._show(certificates.check_pair(self.certificate, self._key("private_key"), self.environment))
		except ArcaError as error:
			self._refuse(_FIELD_TO_MEND.get(type(error), "certificate"), str(explain_error(error)))

	def validate_completeness(self) -> None:
		if not self.enabled:
			return
		for fieldname in ("cuit", "certificate", "private_key"):
			if not self.get(fieldname):
				self._refuse(fieldname, _("The registry cannot be asked without it."))

	def on_update(self) -> None:
		# Whatever ARCA refused before, the person has seen to it.
		tickets.forgive_all()
		frappe.db.after_commit.add(forget_that_it_is_down)

	def _restore_lines_of_key(self) -> None:
		"""The field is one line long, so that pasting a key into it joins the key's lines."""
		if self.private_key and not self.is_dummy_password(self.private_key):
			self.private_key = _with_lines(self.private_key)

	def _adopt_requested_key(self) -> None:
		"""A certificate brings the key of its request into force; until then the former pair works on."""
		key = self._key("requested_key")
		if not key:
			return
		public_key = certificates.load_certificate(self.certificate).public_key()
		if certificates.load_key(key).public_key() == public_key:
			self.private_key = key.reveal()
			self.requested_key = self.csr = None

	def _key(self, fieldname: str) -> Secret:
		return Secret(self.get_password(fieldname, raise_exception=False) or "")

	def _show(self, info: certificates.CertificateInfo | None) -> None:
		self.certificate_expires_on = info.not_after.date() if info else None
		self.certificate_alias = info.alias if info else None
		self.certificate_cuit = info.subject_cuit if info else None
		self.certificate_issuer = info.issuer_cn if info else None

	def _refuse(self, fieldname: str, reason: str) -> None:
		frappe.throw(f'"{_(self.meta.get_label(fieldname), context=self.doctype)}": {reason}')


# The field a person has to look at; the certificate for all other errors.
_FIELD_TO_MEND: dict[type[ArcaError], str] = {
	MalformedKey: "private_key",
	KeyOfAnotherCertificate: "private_key",
	CertificateOfOtherEnvironment: "environment",
}


def _with_lines(pem: str) -> str:
	parts = re.fullmatch(r"\s*(-----BEGIN [A-Z ]+-----)(.*?)(-----END [A-Z ]+-----)\s*", pem, re.DOTALL)
	if not parts:
		return pem
	begin, body, end = parts.groups()
	return "\n".join((begin, *re.findall(".{1,64}", "".join(body.split())), end)) + "\n"


@frappe.whitelist(methods=["POST"])
def create_key_and_request() -> str:
	"""Make a key, keep it until its certificate is pasted, and return the request for ARCA (PEM).

	A request made before and its key are replaced; the certificate in use is not touched.
	"""
	settings = frappe.get_doc(SETTINGS)
	settings.check_permission("write")
	for fieldname in ("cuit", "organisation", "alias"):
		if not settings.get(fieldname):
			settings._refuse(fieldname, _("Fill it in and save: the request carries it."))
	key, csr = certificates.create_key_and_csr(settings.cuit, settings.organisation, settings.alias)
	settings.update({"requested_key": key.reveal(), "csr": csr})
	# Whether the person may was asked above; what is made here nobody types in.
	settings.save(ignore_permissions=True)
	return csr


@frappe.whitelist(methods=["POST"])
def test_connection() -> list[dict]:
	"""Try, with the saved settings, one step after the other: [{"label", "state", "message"}], see `Step`."""
	frappe.has_permission(SETTINGS, "write", throw=True)
	return [asdict(step) for step in connection_test.run()]

"""ARCA Settings: what they refuse and say, the key that is never shown again, and the test of the connection."""

import frappe
from frappe.utils import add_days, getdate

from mercadolibre_sync.arca.certificate import inspect
from mercadolibre_sync.mercadolibre_sync.doctype.arca_settings.arca_settings import (
	create_key_and_request,
)
from mercadolibre_sync.mercadolibre_sync.doctype.arca_settings.arca_settings import (
	test_connection as run_test_connection,
)
from mercadolibre_sync.roles import MANAGER, USER
from mercadolibre_sync.sync.fiscal import notices
from mercadolibre_sync.sync.fiscal.lookup import lookup
from mercadolibre_sync.sync.fiscal.registry import SETTINGS
from tests.ground.arca import OWN_CUIT
from tests.site.fiscal import FiscalTestCase, configure, make_pair, make_user


class SettingsTestCase(FiscalTestCase):
	def settings(self):
		return frappe.get_single(SETTINGS)

	def refused(self, **values) -> str:
		"""What saving these values is refused with."""
		settings = self.settings()
		settings.update(values)
		with self.assertRaises(frappe.ValidationError) as caught:
			settings.save()
		frappe.db.rollback()
		frappe.clear_messages()
		return str(caught.exception)


class TestRefusals(SettingsTestCase):
	def test_each_wrong_value_is_refused_with_the_name_of_its_field_and_a_remedy(self):
		if not frappe.db.exists("Tax Category", "Nacional"):
			frappe.get_doc({"doctype": "Tax Category", "title": "Nacional"}).insert()
			frappe.db.commit()
		certificate, _key = make_pair()
		_other_certificate, other_key = make_pair()
		production, production_key = make_pair(environment="Producción")
		expired, expired_key = make_pair(valid_from_days=-800)
		fresh, fresh_key = make_pair(valid_from_days=1)
		cases = {
			"cuit": ({"cuit": "30708772965"}, "CUIT Represented", "one of them is wrong"),
			"no cuit": ({"cuit": ""}, "CUIT Represented", "cannot be asked without it"),
			"wait": ({"wait_seconds": 31}, "Seconds to Wait", "from 1 to 30"),
			"no wait": ({"wait_seconds": 0}, "Seconds to Wait", "from 1 to 30"),
			"http": ({"wsaa_base": "http://wsaa.example"}, "Address of WSAA", "https://"),
			"no address": ({"padron_base": "aws"}, "Address of the Registry", "https://"),
			"no PEM": ({"certificate": "Bag Attributes"}, "Certificate", "BEGIN CERTIFICATE"),
			"cut off": ({"certificate": certificate[:400]}, "Certificate", "BEGIN CERTIFICATE"),
			"no key": ({"private_key": ""}, "Private Key", "cannot be asked without it"),
			"bad key": ({"private_key": "-----BEGIN PRIVATE KEY-----"}, "Private Key", "PEM format"),
			"other key": ({"private_key": other_key.reveal()}, "Private Key", "does not belong"),
			"environment": ({"environment": "Producción"}, "Environment", "other environment"),
			"of production": (
				{"certificate": production, "private_key": production_key.reveal()},
				"Environment",
				"other environment",
			),
			"expired": (
				{"certificate": expired, "private_key": expired_key.reveal()},
				"Certificate",
				"has expired",
			),
			"not yet": (
				{"certificate": fresh, "private_key": fresh_key.reveal()},
				"Certificate",
				"not valid yet",
			),
			"twice": (
				{"tax_categories": [{"condicion_iva": "Consumidor Final", "tax_category": "Nacional"}] * 2},
				"Tax Categories",
				"stands in two rows",
			),
		}
		for case, (values, field, remedy) in cases.items():
			with self.subTest(case):
				message = self.refused(**values)
				self.assertTrue(message.startswith(f'"{field}": '), message)
				self.assertIn(remedy, message)

	def test_refusals_are_in_spanish_on_a_spanish_desk(self):
		frappe.local.lang = "es"
		_certificate, other_key = make_pair()
		message = self.refused(private_key=other_key.reveal())
		self.assertIn('"Clave privada": La clave privada no corresponde al certificado.', message)

	def test_an_expired_certificate_does_not_keep_the_rest_from_being_saved(self):
		self.force_certificate(valid_from_days=-800)
		settings = self.settings()
		settings.enabled = 0
		settings.save()
		self.assertEqual(self.settings().enabled, 0)

	def test_a_cuit_is_taken_as_people_write_it(self):
		self.assertEqual(configure(cuit="30-70877296-4").cuit, OWN_CUIT)

	def force_certificate(self, **options) -> None:
		certificate, _key = make_pair(**options)
		frappe.db.set_single_value(SETTINGS, "certificate", certificate)


class TestCertificate(SettingsTestCase):
	def test_what_the_certificate_says_is_shown(self):
		settings = self.settings()
		self.assertEqual(settings.certificate_alias, "demo")
		self.assertEqual(settings.certificate_cuit, OWN_CUIT)
		self.assertEqual(settings.certificate_issuer, "Computadores Test")
		info = inspect(settings.certificate)
		self.assertEqual(getdate(settings.certificate_expires_on), info.not_after.date())

	def test_a_key_pasted_into_one_line_gets_its_lines_back(self):
		certificate, key = make_pair()
		configure(certificate=certificate, private_key=key.reveal().replace("\n", " "))
		self.assertEqual(self.settings().get_password("private_key"), key.reveal())

	def test_the_key_is_stored_encrypted_and_never_shown_again(self):
		certificate, key = make_pair()
		settings = configure(certificate=certificate, private_key=key.reveal())
		settings.wait_seconds = 9
		settings.save(ignore_version=False)
		secret = key.reveal().splitlines()[5]
		self.assertEqual(set(self.settings().private_key), {"*"})
		for table in ("tabSingles", "__Auth", "tabVersion", "tabError Log"):
			with self.subTest(table):
				rows = frappe.db.sql(f"select * from `{table}`")
				self.assertNotIn(secret, str(rows))

	def test_key_and_request_are_made_here_and_the_key_stays_here(self):
		configure(enabled=0, certificate=None, private_key=None, organisation="Demo SA", alias="demo")
		csr = create_key_and_request()
		self.assertIn("BEGIN CERTIFICATE REQUEST", csr)
		self.assertEqual(self.settings().csr, csr)
		self.assertEqual(set(self.settings().requested_key), {"*"})
		self.assertFalse(self.settings().private_key)
		settings = self.settings()
		settings.update({"certificate": self.arca.issue_certificate(csr), "enabled": 1})
		settings.save()
		frappe.db.commit()
		self.assertFalse(self.settings().csr or self.settings().requested_key)
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		self.assertIsNotNone(lookup(cuit).persona)

	def test_the_old_certificate_works_until_the_new_one_is_pasted(self):
		configure(organisation="Demo SA", alias="demo2")
		csr = create_key_and_request()
		frappe.db.commit()
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		self.assertIsNotNone(lookup(cuit).persona)
		settings = self.settings()
		settings.certificate = self.arca.issue_certificate(csr)
		settings.save()
		self.assertEqual(settings.certificate_alias, "demo2")

	def test_a_request_without_its_data_names_what_is_missing(self):
		for fieldname, label in (
			("cuit", "CUIT Represented"),
			("organisation", "Organisation"),
			("alias", "Alias"),
		):
			configure(**{"enabled": 0, "organisation": "Demo SA", "alias": "demo", fieldname: None})
			with self.assertRaisesRegex(frappe.ValidationError, f'"{label}"'):
				create_key_and_request()


class TestExpiry(SettingsTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.manager = make_user("gerente@example.com", MANAGER)
		frappe.db.delete("Notification Log", {"for_user": self.manager})

	def test_the_managers_are_told_once_thirty_days_before(self):
		for days, told in ((31, 0), (30, 1), (29, 1)):
			frappe.db.set_single_value(SETTINGS, "certificate_expires_on", add_days(getdate(), days))
			frappe.db.set_single_value(
				SETTINGS, "expiry_announced", None if days != 29 else add_days(getdate(), 29)
			)
			notices.warn_of_expiry()
			self.assertEqual(len(self.notices()), told, days)
		notices.warn_of_expiry()
		self.assertEqual(len(self.notices()), 1)

	def test_each_certificate_is_told_of_anew(self):
		for days in (20, 10):
			frappe.db.set_single_value(SETTINGS, "certificate_expires_on", add_days(getdate(), days))
			notices.warn_of_expiry()
		self.assertEqual(len(self.notices()), 2)

	def test_the_form_warns_too(self):
		certificate, key = make_pair(valid_for_days=21)
		settings = configure(certificate=certificate, private_key=key.reveal())
		settings.run_method("onload")
		self.assertIn("Create a new request", settings.get_onload("expiry"))

	def notices(self) -> list[str]:
		return frappe.get_all("Notification Log", filters={"for_user": self.manager}, pluck="subject")


class TestConnectionTest(SettingsTestCase):
	STATES = ("works", "fails", "not tried")

	def states(self) -> tuple[list[str], str]:
		"""The four states and the message of the step that fails."""
		steps = run_test_connection()
		messages = [step["message"] for step in steps if step["state"] == "fails"]
		return [step["state"] for step in steps], "".join(messages)

	def test_everything_works_once_the_registry_answers_for_its_own_cuit(self):
		self.arca.add_taxpayer(OWN_CUIT, "responsable_inscripto")
		self.assertEqual(self.states(), (["works"] * 4, ""))

	def test_a_server_that_is_down_fails_the_first_step(self):
		self.arca.go_down()
		states, message = self.states()
		self.assertEqual(states, ["fails", "not tried", "not tried", "not tried"])
		self.assertIn("not available", message)

	def test_a_refused_certificate_fails_the_second_step(self):
		for code, cause in (
			("cms.cert.expired", "has expired"),
			("cms.cert.untrusted", "other environment"),
			("cms.sign.invalid", "does not belong"),
			("xml.generationTime.invalid", "clock is wrong"),
		):
			with self.subTest(code):
				self.arca.fail_login(code)
				states, message = self.states()
				self.assertEqual(states, ["works", "fails", "not tried", "not tried"])
				self.assertIn(cause, message)

	def test_a_service_that_is_not_delegated_fails_the_third_step(self):
		self.arca.set_delegated(False)
		states, message = self.states()
		self.assertEqual(states, ["works", "works", "fails", "not tried"])
		self.assertIn("Consulta Constancia de Inscripción", message)

	def test_a_cuit_that_is_not_represented_fails_the_third_step(self):
		configure(cuit="30500010912")
		states, message = self.states()
		self.assertEqual(states, ["works", "works", "fails", "not tried"])
		self.assertIn("Correct the CUIT represented", message)

	def test_a_ticket_given_out_elsewhere_fails_the_last_step(self):
		self.arca.fail_login("coe.alreadyAuthenticated")
		states, message = self.states()
		self.assertEqual(states, ["works", "works", "works", "fails"])
		self.assertIn("another system uses the same certificate", message)

	def test_an_answer_that_cannot_be_read_fails_the_last_step(self):
		self.arca.add_taxpayer(OWN_CUIT, "responsable_inscripto")
		self.arca.fail("getPersona_v2", "cut_off")
		self.assertEqual(self.states()[0], ["works", "works", "works", "fails"])

	def test_a_test_that_passes_ends_a_refusal(self):
		self.arca.set_delegated(False)
		self.assertIsNotNone(lookup(next(self.cuits)).error)
		self.arca.set_delegated(True)
		self.arca.add_taxpayer(OWN_CUIT, "responsable_inscripto")
		self.assertEqual(self.states()[0], ["works"] * 4)
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		self.assertIsNotNone(lookup(cuit).persona)

	def test_the_form_says_why_nothing_is_asked(self):
		self.arca.set_delegated(False)
		lookup(next(self.cuits))
		settings = self.settings()
		settings.run_method("onload")
		self.assertIn("Consulta Constancia de Inscripción", settings.get_onload("obstacle"))


class TestPermissions(SettingsTestCase):
	def test_only_managers_and_system_managers_see_and_change_the_settings(self):
		for role, allowed in (
			(MANAGER, True),
			(USER, False),
			("System Manager", True),
			("Sales Manager", False),
		):
			user = make_user("alguien@example.com", role)
			for doctype, permission in ((SETTINGS, "write"), (SETTINGS, "read"), ("ARCA Ticket", "read")):
				self.assertEqual(frappe.has_permission(doctype, permission, user=user), allowed, role)
			self.assertFalse(frappe.has_permission("ARCA Ticket", "write", user=user))

	def test_the_buttons_are_the_managers(self):
		frappe.set_user(make_user("alguien@example.com", USER))
		for method in (create_key_and_request, run_test_connection):
			with self.assertRaises(frappe.PermissionError):
				method()

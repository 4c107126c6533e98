"""What can be wrong with certificate, ticket, number or answer: each says so in Spanish, and stops nothing."""

from pathlib import Path

import frappe
from frappe.utils.password import set_encrypted_password

from mercadolibre_sync.sync.fiscal.lookup import lookup
from mercadolibre_sync.sync.fiscal.registry import SETTINGS, Registry, configuration
from mercadolibre_sync.sync.fiscal.tickets import TICKET
from mercadolibre_sync.words import restored
from tests.site.fiscal import FiscalTestCase, configure, make_pair


class TestEachMistake(FiscalTestCase):
	def setUp(self) -> None:
		super().setUp()
		frappe.local.lang = "es"

	def use(self, certificate: str, key) -> None:
		"""Put a pair into the database that the form would refuse: it was sound when it was saved."""
		frappe.db.set_single_value(SETTINGS, "certificate", certificate)
		set_encrypted_password(SETTINGS, SETTINGS, key.reveal(), "private_key")
		frappe.db.commit()

	def message(self, status: str = "Pending") -> str:
		"""What a new company's customer says, in Spanish, which is written whatever happened."""
		customer = self.synced(self.add_company(taxpayer_type="Monotributo"))
		self.assertEqual(customer.arca_status, status)
		self.assertEqual(customer.arca_condicion_iva, "Responsable Monotributo")
		return restored(customer.arca_message).translated("es")

	def assert_stopped(self, message: str, logins: int) -> None:
		"""It says so, and nobody is asked for any more until a person acts."""
		self.assertIn(message, self.message())
		self.assertIn(message, self.message())
		self.assertEqual((self.logins(), self.queries()), (logins, 0))

	def test_an_expired_certificate(self):
		self.use(*make_pair(valid_from_days=-800))
		self.assert_stopped("El certificado venció. Creá una clave y un pedido nuevos", logins=0)

	def test_a_certificate_that_expired_by_arcas_clock(self):
		self.arca.fail_login("cms.cert.expired", times=None)
		self.assert_stopped("El certificado venció. Creá una clave y un pedido nuevos", logins=1)

	def test_a_key_of_another_certificate(self):
		certificate, _key = make_pair()
		_certificate, other_key = make_pair()
		self.use(certificate, other_key)
		self.assert_stopped("La clave privada no corresponde al certificado.", logins=0)

	def test_a_certificate_of_the_other_environment(self):
		self.use(*make_pair(environment="Producción"))
		self.assert_stopped("El certificado se emitió para el otro ambiente", logins=1)

	def test_a_key_that_this_site_can_no_longer_decrypt(self):
		frappe.db.sql("update __Auth set password='?' where doctype=%s", SETTINGS)
		frappe.db.commit()
		self.assert_stopped("No se puede leer la clave privada.", logins=0)

	def test_a_service_that_is_not_delegated(self):
		self.arca.set_delegated(False)
		self.assert_stopped("Delegá", logins=1)

	def test_a_cuit_that_did_not_delegate(self):
		configure(cuit="30500010912")
		self.assertIn("El certificado no puede actuar por el CUIT representado.", self.message())
		self.message()
		self.assertEqual((self.logins(), self.queries()), (1, 1))

	def test_a_clock_that_is_slow(self):
		self.arca.set_clock_skew(25 * 60 * 60)
		self.assert_stopped("el reloj del servidor está mal", logins=1)

	def test_a_clock_that_is_fast(self):
		self.arca.set_clock_skew(-20 * 60)
		self.assert_stopped("el reloj del servidor está mal", logins=1)

	def test_a_clock_that_is_off_by_minutes_does_no_harm(self):
		self.arca.set_clock_skew(-5 * 60)
		self.assertEqual(self.synced(self.add_company()).arca_status, "Determined")

	def test_a_server_that_is_down(self):
		self.arca.go_down()
		self.assertIn("El servidor de ARCA no está disponible. No hay nada que hacer", self.message())

	def test_a_ticket_given_out_elsewhere(self):
		self.arca.fail_login("coe.alreadyAuthenticated")
		self.assertIn("otro sistema usa el mismo certificado", self.message())

	def test_answers_that_cannot_be_read(self):
		for operation in ("loginCms", "getPersona_v2"):
			for kind in ("cut_off", "wrong_shape", "html"):
				with self.subTest(f"{operation} {kind}"):
					configure()
					frappe.db.delete(TICKET)
					frappe.db.delete("__Auth", {"doctype": TICKET})
					frappe.db.commit()
					self.arca.fail(operation, kind)
					self.assertIn("llegó cortada o tiene una forma desconocida", self.message())

	def test_a_malformed_cuit(self):
		customer = self.synced(self.add_company("30703088535", kind=None))
		self.assertIn("corregilo en el cliente", restored(customer.arca_message).translated("es"))

	def test_a_cuil_a_blocked_and_an_unknown_cuit(self):
		for kind, message in (
			("cuil", "El número es un CUIL o un CDI, no un CUIT."),
			(
				"blocked",
				"El padrón no da la constancia de este contribuyente. [Estado erróneo del domicilio]",
			),
			(None, "Ningún contribuyente tiene este CUIT."),
		):
			with self.subTest(kind):
				customer = self.synced(self.add_company(kind=kind))
				self.assertEqual(customer.arca_status, "Undetermined")
				self.assertIn(message, restored(customer.arca_message).translated("es"))


class TestNothingLeaks(FiscalTestCase):
	def test_no_failure_writes_key_token_or_sign_anywhere(self):
		certificate, key = make_pair()
		configure(certificate=certificate, private_key=key.reveal())
		ticket = Registry(configuration(), 8).ticket()
		self.arca.set_window(0)
		for operation in ("loginCms", "getPersona_v2"):
			for failure in (
				{"kind": "http", "status": 500},
				{"kind": "html"},
				{"kind": "cut_off"},
				{"kind": "wrong_shape"},
				{"kind": "down"},
				{"kind": "fault", "code": "Server", "text": f"Token malformado {ticket.token.reveal()}"},
				{"kind": "fault", "code": "Client", "text": f"Unmarshalling Error {ticket.sign.reveal()}"},
			):
				self.arca.fail(operation, **failure)
				self.synced(self.add_company())
				frappe.get_single(SETTINGS).save()
				frappe.db.commit()
		secrets = [
			key.reveal().splitlines()[5],
			ticket.token.reveal()[:60],
			ticket.sign.reveal(),
		]
		tables = (
			"Error Log",
			"Customer",
			TICKET,
			"Version",
			"Notification Log",
			"Comment",
			"MercadoLibre Notification",
		)
		for table in tables:
			rows = str(frappe.db.sql(f"select * from `tab{table}`"))
			for secret in secrets:
				self.assertNotIn(secret, rows, table)
		logs = (frappe.get_site_path("logs"), frappe.utils.get_bench_path() + "/logs")
		for folder in logs:
			self.assert_no_secret_in_files(folder, secrets)

	def test_an_unexpected_error_is_logged_without_what_it_says(self):
		frappe.db.delete("Error Log")
		conf = frappe.local.conf
		self.addCleanup(conf.update, {"mercadolibre_sync_simulator": conf.mercadolibre_sync_simulator})
		conf.mercadolibre_sync_simulator = "http://not-this-machine.example"
		self.assertTrue(lookup(next(self.cuits)).is_pending)
		(log,) = frappe.get_all("Error Log", fields=["method", "error"])
		self.assertIn("simulator_url", log.error)
		self.assertNotIn("NeedsAttention:", log.error)

	def assert_no_secret_in_files(self, folder: str, secrets: list[str]) -> None:
		for path in Path(folder).glob("*.log"):
			text = path.read_text(errors="replace")
			for secret in secrets:
				self.assertNotIn(secret, text, path)

"""The buyers' page, used as a browser without scripts uses it: by its forms."""

import time
import unittest
from contextlib import ExitStack
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from lxml import html

from mercadolibre_sync.meli.client import Client
from mercadolibre_sync.meli.errors import RateLimited, Unavailable
from mercadolibre_sync.meli.oauth import Tokens
from simulator import running
from simulator.arca_control import ArcaControl
from simulator.control import MeliControl
from tests.unit.simulator.receiver import receiver

SELLER, CUIT = "207035636", "20221062583"


class Fixed:
	"""A TokenSource whose token does not end."""

	def __init__(self, tokens: dict) -> None:
		self.tokens = Tokens.from_json(tokens)

	def access_token(self) -> str:
		return self.tokens.access_token


class TestFeria(unittest.TestCase):
	@classmethod
	def setUpClass(cls) -> None:
		stack = ExitStack()
		cls.addClassCleanup(stack.close)
		cls.url = stack.enter_context(running())
		cls.meli, cls.arca = MeliControl(cls.url), ArcaControl(cls.url)
		cls.endpoint, cls.posted = stack.enter_context(receiver(200))

	def setUp(self) -> None:
		requests.post(f"{self.url}/_reset", timeout=5)
		self.posted.clear()
		self.meli.add_seller(SELLER, "TETE9544096")
		self.meli.set_application(notification_url=self.endpoint)
		self.client = Client(self.meli.base_url, Fixed(self.meli.issue_tokens(SELLER)), timeout=(1, 2))
		self.open(f"{self.url}/feria/")

	# What a person does.

	def open(self, address: str) -> None:
		self._show(requests.get(address, timeout=5))

	def send(self, action: str, **fields: str | bool) -> None:
		"""Fill the form with that action and press its button; without a browser's own checks of what is required."""
		(form,) = self.page.xpath(f'//form[@action="/feria/{action}"]')
		for name, value in fields.items():
			element = form.inputs[name]
			if isinstance(value, bool):
				element.checked = value
			else:
				element.value = value
		address = urljoin(self.url, form.action)
		self._show(requests.post(address, data=form.form_values(), timeout=5))

	def _show(self, answer: requests.Response) -> None:
		self.status = answer.status_code
		self.address = answer.url
		self.page = html.fromstring(answer.text)

	def text(self) -> str:
		return " ".join(self.page.text_content().split())

	def make_buyer(self, nickname: str = "GUZMARIANA", **fields: str) -> str:
		self.send("add_buyer", nickname=nickname, first_name="Mariana", last_name="Guzmán", **fields)
		self.assertEqual(self.status, 200, self.text())
		return parse_qs(urlsplit(self.address).query)["buyer"][0]

	def buy(self, **fields: str | bool) -> str:
		self.send("buy", **fields)
		self.assertEqual(self.status, 200, self.text())
		return self.page.findtext(".//article//b")

	def notified(self) -> list[tuple[str, str]]:
		"""Topic and resource of what arrived, once every notice did."""
		deadline = time.monotonic() + 10
		while "en camino" in (notices := requests.get(f"{self.url}/feria/notices", timeout=5).text):
			self.assertLess(time.monotonic(), deadline, notices)
			time.sleep(0.02)
		return [(body["topic"], body["resource"]) for body in self.posted]

	# Tests.

	def test_a_paid_purchase_is_notified_and_read_as_the_app_reads_it(self):
		buyer = self.make_buyer(
			document_type="DNI", document_number="32659430", taxpayer_type="Consumidor Final"
		)
		order_id = self.buy(street_name="Arias", street_number="3751", city="Saavedra", comments="Timbre 2")
		self.assertEqual(self.notified(), [("orders_v2", f"/orders/{order_id}")])
		order = self.client.order(order_id)
		self.assertEqual((order.buyer.id, order.buyer.nickname, order.status), (buyer, None, "paid"))
		self.assertEqual(self.client.billing_info(order, "MLA").document_number, "32659430")
		found = self.client.shipment(order.shipment_id).destination
		self.assertEqual(
			(found.street_name, found.street_number, found.city, found.state_id, found.comments),
			("Arias", "3751", "Saavedra", "AR-C", ("Timbre 2",)),
		)

	def test_the_profile_is_served_here(self):
		nickname = "LÓPEZ & HIJOS/100%"
		buyer = self.make_buyer(nickname)
		profile = self.client.user(buyer).permalink
		self.assertTrue(profile.startswith(self.url), profile)
		self.open(profile)
		self.assertEqual((self.status, self.page.findtext(".//h1")), (200, nickname))
		self.open(f"{self.meli.base_url}/perfil/NADIE")
		self.assertEqual(self.status, 404)

	def test_until_it_is_paid_the_address_is_hidden(self):
		self.make_buyer()
		order_id = self.buy(paid=False)
		order = self.client.order(order_id)
		self.assertEqual(order.status, "payment_required")
		self.assertIsNone(self.client.shipment(order.shipment_id).destination.street_name)
		self.send("pay")
		self.assertTrue(self.client.order(order_id).is_paid)
		self.assertIsNone(self.client.shipment(order.shipment_id).destination.street_name)
		self.send("reveal")
		self.assertEqual(self.client.shipment(order.shipment_id).destination.street_name, "Santa Fe")
		resource = f"/orders/{order_id}"
		self.assertEqual(
			self.notified(),
			[
				("orders_v2", resource),
				("orders_v2", resource),
				("shipments", f"/shipments/{order.shipment_id}"),
			],
		)

	def test_a_cancellation(self):
		self.make_buyer()
		order_id = self.buy()
		self.send("cancel")
		self.assertTrue(self.client.order(order_id).is_cancelled)
		self.assertEqual(len(self.notified()), 2)
		self.assertIn("cancelada", self.text())
		self.assertEqual(self.page.xpath('//form[@action="/feria/cancel"]'), [])

	def test_another_nickname_is_told_by_no_notification_of_its_own(self):
		buyer = self.make_buyer()
		self.buy()
		self.send("rename", nickname="MARIANA_NUEVA")
		self.assertEqual(self.client.user(buyer).nickname, "MARIANA_NUEVA")
		self.assertEqual(len(self.notified()), 1)

	def test_the_form_offers_the_last_address(self):
		self.make_buyer()
		self.buy(street_name="Av. Colón", street_number="500", city="Córdoba", state_id="AR-X")
		(form,) = self.page.xpath('//form[@action="/feria/buy"]')
		self.assertEqual(
			[form.fields[name] for name in ("street_name", "street_number", "city", "state_id")],
			["Av. Colón", "500", "Córdoba", "AR-X"],
		)

	def test_what_the_registry_knows(self):
		fields = {"document_type": "CUIT", "document_number": "20-22106258-3"}
		self.make_buyer(taxpayer="monotributista", **fields)
		self.assertEqual(self.chosen("set_taxpayer", "taxpayer"), "monotributista")
		self.send("set_taxpayer", taxpayer="exento")
		self.assertEqual(self.chosen("set_taxpayer", "taxpayer"), "exento")

	def test_who_has_no_cuit_is_not_in_the_registry(self):
		self.make_buyer(document_type="DNI", document_number="32659430")
		self.assertEqual(self.page.xpath('//form[@action="/feria/set_taxpayer"]'), [])

	def test_the_weather_at_mercadolibre(self):
		buyer = self.make_buyer()
		for weather, error in (("429", RateLimited), ("503", Unavailable), ("html", Unavailable)):
			self.send("make_weather", meli=weather)
			self.assertEqual(self.chosen("make_weather", "meli"), weather)
			for _ in range(2):
				with self.assertRaises(error):
					self.client.user(buyer)
		# The pages of people work in any weather, or nobody could change it.
		self.open(f"{self.meli.base_url}/perfil/GUZMARIANA")
		self.assertEqual(self.status, 200)
		self.open(f"{self.url}/feria/")
		self.send("make_weather", meli="")
		self.assertEqual(self.client.user(buyer).nickname, "GUZMARIANA")

	def test_the_registry_goes_down_and_comes_back(self):
		service = f"{self.arca.base_url}/sr-padron/webservices/personaServiceA5"
		self.send("make_weather", registry_down=True)
		with self.assertRaises(requests.ConnectionError):
			requests.post(service, timeout=5)
		self.send("make_weather", registry_down=False)
		self.assertEqual(requests.post(service, timeout=5).status_code, 500)

	def test_a_mistake_names_the_field_and_changes_nothing(self):
		self.make_buyer()
		for action, fields, field in (
			("rename", {"nickname": " "}, "Apodo"),
			("rename", {"nickname": "TETE9544096"}, "Apodo"),
			("buy", {"street_name": ""}, "Calle"),
			("buy", {"city": ""}, "Ciudad"),
		):
			self.send(action, **fields)
			self.assertEqual(self.status, 400)
			self.assertTrue(self.page.findtext('.//p[@class="mistake"]').startswith(f"{field}: "))
			# The page of the same buyer, from which to go on.
			self.assertIn("GUZMARIANA", self.text())
		self.open(f"{self.url}/feria/")
		self.send("add_buyer", nickname="OTRA", document_type="CUIT", document_number="")
		self.assertEqual(self.status, 400)
		self.assertIn("Número de documento: ", self.text())
		self.assertEqual(self.notified(), [])

	def test_a_page_of_before_a_reset_says_so(self):
		self.make_buyer()
		self.buy()
		requests.post(f"{self.url}/_reset", timeout=5)
		self.send("cancel")
		self.assertEqual(self.status, 400)
		self.assertIn("el simulador empezó de nuevo", self.text())

	def test_what_people_write_is_escaped(self):
		self.make_buyer("<script>alert(1)</script>")
		self.assertEqual(self.page.xpath("//script/text()"), [])
		self.assertIn("<script>alert(1)</script>", self.text())

	def chosen(self, action: str, field: str) -> str:
		(form,) = self.page.xpath(f'//form[@action="/feria/{action}"]')
		return form.fields[field]

	def test_unknown_addresses(self):
		for path in ("feria/nothing", "static/%2e%2e/pages.py", "static/nothing.css"):
			answer = requests.get(f"{self.url}/{path}", timeout=5)
			self.assertEqual(answer.status_code, 404, path)
		self.assertEqual(requests.get(f"{self.url}/static/style.css", timeout=5).status_code, 200)

	def test_a_topic_that_is_not_subscribed_is_not_notified(self):
		self.meli.set_application(topics=["shipments"])
		self.make_buyer()
		self.buy()
		self.assertEqual(self.notified(), [])

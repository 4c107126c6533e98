"""What is asked of MercadoLibre follows from what is known: no call whose answer can change nothing."""

import unittest
from dataclasses import replace

from mercadolibre_sync.meli.models import Order
from mercadolibre_sync.sync.questions import Known, Questions, decide

ORDER = Order.from_json(
	{"id": 1, "status": "paid", "shipping": {"id": 7}, "buyer": {"id": 5, "nickname": "GUZMARIANA"}}
)
COMPLETE = Known("5", is_complete=True, has_number=True, orders=frozenset("1"), shipments=frozenset("7"))


def questions(order: Order = ORDER, known: Known = COMPLETE, **circumstances: bool) -> Questions:
	return decide([order], known, **{"may_create": True, "has_moved": False, **circumstances})


class TestQuestions(unittest.TestCase):
	def test_everything_is_asked_about_a_new_buyer(self):
		self.assertEqual(questions(known=Known()), Questions(billing=True, shipment="7"))

	def test_the_profile_is_asked_for_only_where_the_order_has_no_nickname(self):
		nameless = replace(ORDER, buyer=replace(ORDER.buyer, nickname=None))
		self.assertTrue(questions(nameless, Known()).user)
		self.assertFalse(questions(nameless).user)

	def test_nothing_is_asked_about_an_order_that_makes_no_customer(self):
		self.assertEqual(questions(known=Known(), may_create=False), Questions())

	def test_an_order_that_makes_no_customer_still_completes_a_known_one(self):
		known = replace(COMPLETE, is_complete=False)
		self.assertEqual(questions(known=known, may_create=False), Questions(billing=True))

	def test_nothing_more_is_asked_about_a_known_and_complete_order(self):
		self.assertEqual(questions(), Questions())

	def test_everything_is_asked_about_a_new_order_of_a_known_buyer(self):
		known = replace(COMPLETE, orders=frozenset(), shipments=frozenset())
		self.assertEqual(questions(known=known), Questions(billing=True, shipment="7"))

	def test_the_shipment_is_asked_for_while_its_address_was_not_seen(self):
		for known in (frozenset(), frozenset("6")):
			self.assertEqual(questions(known=replace(COMPLETE, shipments=known)), Questions(shipment="7"))

	def test_the_shipment_is_asked_for_when_mercadolibre_says_that_it_changed(self):
		self.assertEqual(questions(has_moved=True), Questions(shipment="7"))

	def test_the_document_is_asked_for_while_it_is_missing(self):
		self.assertEqual(questions(known=replace(COMPLETE, is_complete=False)), Questions(billing=True))

	def test_there_is_no_shipment_to_ask_for_where_none_was_made(self):
		self.assertEqual(questions(replace(ORDER, shipment_id=None)), Questions())

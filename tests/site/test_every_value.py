"""The contract, "Always": what does not fit is not lost, does not fail the sync, and writes nothing the second time.

By a property over every field that the models read; VALUES=2000 in the environment tries so many examples, and others
each time. What it has found stands in test_values.py as an example of its own.
"""

import os

import frappe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from mercadolibre_sync.sync.purchases import Purchase
from tests.site.values import ValuesTestCase

EXAMPLES = int(os.environ.get("VALUES", 0))

# What has a meaning to MercadoLibre, to Frappe, to a database or to whoever shows it.
TELLING = some.sampled_from(
	[
		*("SN", "XXXXXXX", "2215550089", "221 5550089", "ana@example.com", "AR", "CUIT", "IVA Exento"),
		*(
			"<b></b>",
			"<b>Ana</b>",
			"a < b > c",
			"<script>alert(1)</script>",
			"&lt;b&gt; & \"'",
			"<!-- markdown -->",
		),
		*(
			"New Contact 3",
			"New Customer 1",
			"Contact",
			"%",
			"_",
			"\\",
			"{0}",
			"../..",
			"null",
			"[]",
			'{"a": 1}',
		),
		*(
			"\u200b",
			"\u202eanA",
			"a\u0301",
			"\u0301",
			"😀",
			"👩‍👩‍👧",
			"مريم",
			"\x00",
			"\x85",
			"\ufeff",
			"\ud800",
		),
		*(
			"https://[",
			"https://perfil.mercadolibre.com.ar/ANA",
			"javascript:alert(1)",
			"ana@",
			"<ana@example.com>",
		),
	]
)
TEXT = TELLING | some.text(some.characters()) | some.lists(TELLING, min_size=2).map(" ".join)
LONG = some.builds(lambda text, times: text * times, TEXT, some.sampled_from([9, 40, 141]))
SCALARS = TEXT | LONG | some.none() | some.booleans() | some.integers() | some.floats()
ANY = SCALARS | some.lists(SCALARS, max_size=2) | some.dictionaries(TEXT, SCALARS, max_size=2)


def record(**fields: some.SearchStrategy) -> some.SearchStrategy:
	"""An object with some of these fields, or something else in its place."""
	return some.fixed_dictionaries({}, optional=fields) | ANY


def named() -> some.SearchStrategy:
	return record(id=ANY, name=ANY)


PHONE = record(area_code=ANY, number=ANY, extension=ANY)
BUYER = some.fixed_dictionaries(
	{},
	optional={
		**dict.fromkeys(("nickname", "first_name", "last_name", "email"), ANY),
		"phone": PHONE,
		"alternative_phone": PHONE,
		"billing_info": record(doc_type=ANY, doc_number=ANY),
	},
)
MOMENT = some.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
ORDER = some.fixed_dictionaries(
	{"buyer": BUYER},
	optional={
		**dict.fromkeys(("status", "pack_id", "tags"), ANY),
		"last_updated": MOMENT | ANY,
		"context": record(site=ANY),
	},
)
ADDRESS = record(
	**dict.fromkeys(("street_name", "street_number", "address_line", "zip_code", "comment"), ANY),
	**dict.fromkeys(("city", "neighborhood", "municipality", "state", "country"), named()),
)
RECEIVER = dict.fromkeys(("receiver_id", "receiver_name", "receiver_phone", "comments"), ANY)
SHIPMENT = some.fixed_dictionaries(
	{"destination": record(type=ANY, shipping_address=ADDRESS, **RECEIVER)}
) | (some.fixed_dictionaries({"receiver_address": ADDRESS}))
IDENTIFICATION = record(type=ANY, number=ANY)
TAXES = record(taxpayer_type=record(description=ANY))
CURRENT = record(name=ANY, last_name=ANY, identification=IDENTIFICATION, taxes=TAXES)
KINDS = some.sampled_from(["BUSINESS_NAME", "FIRST_NAME", "LAST_NAME", "TAXPAYER_TYPE_ID"]) | ANY
ADDITIONAL = some.lists(record(type=KINDS, value=ANY)) | ANY
BILLING = CURRENT.map(lambda info: {"buyer": {"billing_info": info}}) | (
	record(doc_type=ANY, doc_number=ANY, additional_info=ADDITIONAL).map(lambda info: {"billing_info": info})
)
USER = some.fixed_dictionaries({}, optional=dict.fromkeys(("nickname", "permalink", "site_id"), ANY))
ANSWERS = some.fixed_dictionaries({"order": ORDER, "billing": BILLING, "shipment": SHIPMENT, "user": USER})


class TestEveryValue(ValuesTestCase):
	@settings(
		max_examples=EXAMPLES or 40,
		derandomize=not EXAMPLES,
		database=None,
		deadline=None,
		suppress_health_check=list(HealthCheck),
	)
	@given(first=ANSWERS, second=ANSWERS)
	def test_every_value_gets_through(self, first, second):
		buyer = self.new_buyer()
		try:
			self.sync(buyer, **first)
			self.assert_kept(self.read(buyer, **first))
			self.sync(buyer, **second)
		finally:
			frappe.db.rollback()
			frappe.clear_messages()

	def assert_kept(self, purchase: Purchase) -> None:
		buyer = purchase.order.buyer
		said = {"Customer": [purchase.customer_name, purchase.document_type, purchase.document_number]}
		said["Customer"] += [purchase.taxpayer_type, purchase.permalink]
		said["Contact"] = [purchase.contact_name, purchase.phone, buyer.alternative_phone, buyer.email]
		documents = {
			"Customer": self.customer(purchase.buyer_id),
			"Contact": self.contacts(purchase.buyer_id)[0],
		}
		if found := self.addresses(purchase.buyer_id):
			there = purchase.destination
			documents["Address"] = found[0]
			said["Address"] = [there.street_name or there.address_line, *there.comments, there.receiver_name]
			said["Address"] += [
				there.state,
				there.zip_code,
				there.country_id,
				there.receiver_phone,
				buyer.email,
			]
			said["Address"].append(there.city or there.neighborhood or there.municipality or there.state)
		for doctype, values in said.items():
			shown = self.text_of(documents[doctype])
			for value in filter(None, values):
				self.assertTrue(is_in(value, shown), (doctype, value, shown))

	def text_of(self, document) -> str:
		"""All that a person reads in a document and in its comments, without blanks."""
		values = [value for value in document.as_dict().values() if isinstance(value, str)]
		phones = [row.phone for row in document.get("phone_nos") or ()]
		code = (
			frappe.get_cached_value("Country", document.country, "code").upper()
			if document.get("country")
			else ""
		)
		return squeezed(" ".join([*values, *phones, *self.comments(document), code]))


def squeezed(text: str) -> str:
	return "".join(text.split())


def is_in(value: str, shown: str) -> bool:
	"""Whether the value stands there, in no more pieces than one for each line of an address and a comment."""
	rest = squeezed(value)
	for _piece in range(3):
		length = next((length for length in range(len(rest), 0, -1) if rest[:length] in shown), 0)
		rest = rest[length:]
	return not rest

"""The ticket: reused until ten minutes before its end, renewed by one, dropped when the registry refuses it."""

import threading
import unittest
from datetime import datetime, timedelta, timezone

from mercadolibre_sync.arca.errors import AlreadyAuthenticated, TokenRejected
from mercadolibre_sync.arca.ticket import Authenticator, Ticket
from tests.unit.arca.support import ArcaCase, MemoryStore, some_ticket

MINUTE = timedelta(minutes=1)


class CountedLogin:
	"""Gives a new ticket each time it is called."""

	def __init__(self) -> None:
		self.times = 0

	def __call__(self) -> Ticket:
		self.times += 1
		return some_ticket(f"new-{self.times}")


class TestReuse(unittest.TestCase):
	def test_a_stored_ticket_is_used_without_asking(self) -> None:
		store, login = MemoryStore(some_ticket()), CountedLogin()
		self.assertEqual(Authenticator(store, login).ticket(), store.kept)
		self.assertEqual(login.times, 0)

	def test_it_is_renewed_ten_minutes_before_its_end_and_kept(self) -> None:
		ticket = some_ticket()
		for left, times in ((11 * MINUTE, 0), (10 * MINUTE, 1), (-MINUTE, 1)):
			store, login = MemoryStore(ticket), CountedLogin()
			given = Authenticator(store, login, now=lambda left=left: ticket.expires_at - left).ticket()
			self.assertEqual(login.times, times, left)
			self.assertEqual(given, store.kept)

	def test_nothing_is_kept_when_the_login_fails(self) -> None:
		store = MemoryStore()

		def login() -> Ticket:
			raise AlreadyAuthenticated()

		with self.assertRaises(AlreadyAuthenticated):
			Authenticator(store, login).ticket()
		self.assertIsNone(store.kept)
		with store.locked():
			pass  # and the lock is free again


class TestRefusal(unittest.TestCase):
	def test_a_refused_ticket_is_dropped_and_asked_with_a_new_one_once(self) -> None:
		store, login, seen = MemoryStore(some_ticket("old")), CountedLogin(), []

		def call(ticket: Ticket) -> str:
			seen.append(ticket.token.reveal())
			if len(seen) == 1:
				raise TokenRejected()
			return "answer"

		self.assertEqual(Authenticator(store, login).with_ticket(call), "answer")
		self.assertEqual(seen, ["token-old", "token-new-1"])

	def test_a_second_refusal_is_handed_on(self) -> None:
		login = CountedLogin()

		def call(ticket: Ticket) -> None:
			raise TokenRejected()

		with self.assertRaises(TokenRejected):
			Authenticator(MemoryStore(some_ticket()), login).with_ticket(call)
		self.assertEqual(login.times, 1)

	def test_a_ticket_another_process_has_renewed_meanwhile_stays(self) -> None:
		store = MemoryStore(some_ticket("newer"))
		Authenticator(store, CountedLogin()).forget(some_ticket("old"))
		self.assertIsNotNone(store.kept)
		assert store.kept
		Authenticator(store, CountedLogin()).forget(store.kept)
		self.assertIsNone(store.kept)


class TestManyAtOnce(ArcaCase):
	def test_eight_workers_without_a_ticket_lead_to_one_login(self) -> None:
		store, tickets = MemoryStore(), []
		start = threading.Barrier(8)

		def work() -> None:
			start.wait()
			tickets.append(Authenticator(store, self.login).ticket())

		workers = [threading.Thread(target=work) for _ in range(8)]
		for worker in workers:
			worker.start()
		for worker in workers:
			worker.join()
		self.assertEqual(len(set(tickets)), 1)
		self.assertEqual(len(tickets), 8)
		self.assertEqual(self.arca.counts(), {"loginCms": 1, "tickets": 1})

	def test_a_hundred_companies_cost_one_login(self) -> None:
		authenticator = Authenticator(MemoryStore(), self.login)
		for _ in range(100):
			persona = authenticator.with_ticket(
				lambda ticket: self.padron.person(ticket, "30558515305", "20002307554")
			)
			self.assertFalse(persona.found)
		self.assertEqual(self.arca.counts(), {"loginCms": 1, "tickets": 1, "getPersona_v2": 100})

	def test_a_ticket_that_ended_early_is_replaced_without_anybody_noticing(self) -> None:
		self.arca.set_window(0)
		store = MemoryStore()
		authenticator = Authenticator(store, self.login)
		authenticator.ticket()
		self.arca.fail("getPersona_v2", "fault", text="Token malformado")
		self.arca.add_taxpayer("20164755100", "exento")
		persona = authenticator.with_ticket(
			lambda ticket: self.padron.person(ticket, "30558515305", "20164755100")
		)
		self.assertTrue(persona.found)
		self.assertEqual(self.arca.counts(), {"loginCms": 2, "tickets": 2, "getPersona_v2": 2})


class TestTime(unittest.TestCase):
	def test_times_of_different_zones_are_compared_as_moments(self) -> None:
		ticket = some_ticket()
		argentina = timezone(timedelta(hours=-3))
		self.assertTrue(ticket.is_usable((ticket.expires_at - 11 * MINUTE).astimezone(argentina)))
		self.assertFalse(ticket.is_usable(datetime.now(argentina) + timedelta(hours=12)))

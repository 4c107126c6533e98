"""How fast a notification is acknowledged, beside Frappe's own ping: in one process, and over sockets.

MercadoLibre wants its 200 within 500 ms.
"""

import http.client
import json
import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import frappe
import frappe.app
from werkzeug.test import Client, TestResponse

from benchmarks.clock import alternating
from benchmarks.row import Row
from benchmarks.stage import ENDPOINT, Stage, body, forget_knocks
from tests.ground.process import web_server
from tests.ground.site import connect

PING = "/api/method/ping"
ROUNDS = 15
# In one round, so that a round takes longer than a busy moment of the machine.
CALLS = 30
GOAL = 0.75
ALIKE = 1.25
HEADERS = {"Content-Type": "application/json"}


def rows(_stage: Stage) -> Iterator[Row]:
	yield _row("acknowledging, in one process", *_in_process())
	with web_server() as url:
		yield _row("acknowledging, over sockets", *_over_sockets(url))
		yield _strangers(*_ours_and_a_strangers(url))


def _strangers(ours: float, strangers: float) -> Row:
	"""Who does not know our sellers is not to learn them from how long the answer takes."""
	longer = max(ours, strangers) / min(ours, strangers)
	return Row(
		"answering a stranger, over sockets",
		f"{strangers:.2f} ms",
		f"one of ours {ours:.2f} ms",
		f"within {ALIKE} × either way",
		longer <= ALIKE,
	)


def _row(name: str, ping: float, post: float) -> Row:
	rate = ping / post
	return Row(
		name,
		f"{post:.2f} ms: {rate:.2f} of ping's rate",
		f"ping {ping:.2f} ms",
		f"≥ {GOAL}",
		rate >= GOAL,
		{"acknowledge_ms": post},
	)


def _in_process() -> tuple[float, float]:
	frappe.app._site, frappe.app._sites_path = os.environ["MELI_SITE"], os.environ["MELI_SITES_PATH"]
	client = Client(frappe.app.application)
	content = json.dumps(body(1))
	try:
		return _measure(
			lambda: _close(client.get(PING)),
			lambda: _close(client.post(ENDPOINT, data=content, headers=HEADERS)),
		)
	finally:
		# Each request has ended with the connection that this process had.
		connect()


def _close(answer: TestResponse) -> None:
	answer.close()
	assert answer.status_code == 200, answer.status_code


def _over_sockets(url: str) -> tuple[float, float]:
	host = urlsplit(url).netloc
	content = json.dumps(body(1))
	return _measure(
		lambda: _request(host, "GET", PING),
		lambda: _request(host, "POST", ENDPOINT, content, HEADERS),
	)


def _ours_and_a_strangers(url: str) -> tuple[float, float]:
	host = urlsplit(url).netloc
	ours, strangers = json.dumps(body(1)), json.dumps(body(1) | {"user_id": 1})
	return _measure(
		lambda: _request(host, "POST", ENDPOINT, ours, HEADERS),
		lambda: _request(host, "POST", ENDPOINT, strangers, HEADERS),
	)


def _request(host: str, *request: object) -> None:
	connection = http.client.HTTPConnection(host, timeout=30)
	connection.request(*request)
	answer = connection.getresponse()
	answer.read()
	assert answer.status == 200, answer.status
	connection.close()


def _measure(first: Callable[[], None], second: Callable[[], None]) -> tuple[float, float]:
	"""Milliseconds of one call of each."""

	def many(call: Callable[[], None]) -> Callable[[], None]:
		return lambda: [call() for _call in range(CALLS)] and None

	forget_knocks()
	alternating(1, many(first), many(second))
	medians = alternating(ROUNDS, many(first), many(second))
	return medians[0] / CALLS, medians[1] / CALLS

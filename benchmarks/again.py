"""Asking ARCA again for everybody whose answer is old, a night's work, and what the desk feels of it."""

import itertools
import statistics
import time
from collections.abc import Iterator

import frappe
import requests
from frappe.utils import add_to_date, now_datetime

from benchmarks.clock import milliseconds
from benchmarks.row import Row
from benchmarks.stage import Stage
from mercadolibre_sync.sync.fiscal import registry, renewal
from simulator.arca_control import ArcaControl
from tests.ground import arca
from tests.ground.process import python, wait_for, web_server

COUNT = 2_000
CONDICION = "Responsable Monotributo"
PREFIX = "benchmark-again-"
# Asked while a worker asks, and while nobody does.
PINGS = 50
START_SECONDS = 30


def rows(stage: Stage) -> Iterator[Row]:
	stage.calm()
	control = ArcaControl(stage.simulator)
	arca.configure(stage.simulator, ask_again_days=180, ask_for_others=1)
	_fill(stage, control)
	try:
		choosing = milliseconds(renewal._due)
		with web_server() as url:
			idle = _ping(url)
			asking = python("from benchmarks import again\nagain.ask_all()")
			wait_for(lambda: control.counts().get("getPersona_v2"), START_SECONDS)
			busy = _ping(url)
			seconds = float(asking.communicate()[0])
		calls, changed = control.counts(), _changed()
	finally:
		frappe.db.rollback()
		frappe.db.sql("delete from tabCustomer where name like %s", f"{PREFIX}%")
		frappe.db.commit()
	asked, logins = calls.get("getPersona_v2", 0), calls.get("loginCms", 0)
	yield Row(
		f"asking ARCA again for {COUNT:,} customers",
		f"{asked} questions and {logins} login in {seconds:.0f} s: {asked / seconds:.0f}/s, "
		f"{changed} changes written, {choosing:.0f} ms to choose {renewal.A_RUN}",
		f"a night asks for {renewal.A_RUN} every five minutes",
		"each asked once, with one login, one in ten changed",
		(asked, logins, changed) == (COUNT, 1, COUNT // 10),
	)
	yield Row(
		"a request to the desk meanwhile",
		f"{busy:.1f} ms",
		f"while nobody asks: {idle:.1f} ms",
		"≤ 2 ×",
		busy <= 2 * idle,
	)


def _changed() -> int:
	frappe.db.rollback()
	return frappe.db.count("Customer", {"name": ("like", f"{PREFIX}%"), "arca_changed_on": ("is", "set")})


def ask_all() -> None:
	"""Ask until nobody is due; print the seconds."""
	started = time.perf_counter()
	while renewal._due():
		renewal.ask_again()
	print(time.perf_counter() - started)


def _fill(stage: Stage, control: ArcaControl) -> None:
	"""Customers with a CUIT whose answer is a year old; of every tenth ARCA says something else now."""
	registry.forget_that_it_is_down()
	numbers = list(itertools.islice(arca.cuits("20"), COUNT))
	for number, cuit in enumerate(numbers):
		control.add_taxpayer(cuit, "monotributista" if number % 10 else "responsable_inscripto")
	# Where customers are named by series, none is saved without one.
	series = frappe.get_meta("Customer").get_options("naming_series").split("\n")[0]
	values = [
		(
			f"{PREFIX}{cuit}",
			cuit,
			CONDICION,
			series,
			stage.group,
			stage.territory,
			add_to_date(now_datetime(), days=-365),
		)
		for cuit in numbers
	]
	frappe.db.sql(
		"insert into tabCustomer (creation, modified, owner, modified_by, name, customer_name, tax_id, "
		"arca_condicion_iva, naming_series, customer_type, arca_condicion_iva_source, arca_status, customer_group, territory, "
		"arca_checked_on) values "
		+ ", ".join(
			[
				"(now(), now(), 'Administrator', 'Administrator', %s, %s, %s, %s, %s, 'Individual', 'ARCA', 'Determined', %s, %s, %s)"
			]
			* len(values)
		),
		[value for name, cuit, *rest in values for value in (name, cuit, cuit, *rest)],
	)
	frappe.db.commit()


def _ping(url: str) -> float:
	session = requests.Session()
	session.trust_env = False
	times = []
	for _number in range(PINGS):
		times.append(milliseconds(lambda: session.get(f"{url}/api/method/ping", timeout=30)))
		time.sleep(0.05)
	return statistics.median(times)

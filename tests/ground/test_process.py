import tempfile
import unittest
import urllib.request
from pathlib import Path

import frappe
from frappe.utils.background_jobs import enqueue

from . import process, site

JOB_SECONDS = 60


def mark(path: str) -> None:
	"""A job that leaves a trace."""
	Path(path).touch()


class TestProcess(unittest.TestCase):
	"""The helpers start what they say they do, on every Frappe."""

	@classmethod
	def setUpClass(cls):
		if not getattr(frappe.local, "db", None):
			site.connect()

	def test_web_server_serves_the_site_whatever_host_is_asked_for(self):
		with process.web_server() as address:
			request = urllib.request.Request(f"{address}/api/method/ping", headers={"Host": "shop.example"})
			with urllib.request.urlopen(request, timeout=30) as response:
				self.assertEqual(response.read(), b'{"message":"pong"}')

	def test_worker_runs_what_was_enqueued(self):
		with tempfile.TemporaryDirectory() as folder, process.workers("short"):
			done = Path(folder) / "done"
			enqueue(mark, queue="short", path=str(done))
			process.wait_for(done.exists)

	def test_killed_worker_leaves_its_job_undone(self):
		with process.workers("short") as (worker,):
			job = enqueue("frappe.utils.background_jobs.test_job", queue="short", s=JOB_SECONDS)
			process.wait_for(lambda: job.get_status(refresh=True) == "started")
			worker.kill()
			self.assertEqual(job.get_status(refresh=True), "started")
		job.delete()

	def test_python_runs_beside_the_test_on_the_same_site(self):
		started = [process.python("print(frappe.session.user, sys.argv[1])", name) for name in ("a", "b")]
		self.assertEqual(process.outputs(*started), ["Administrator a\n", "Administrator b\n"])

	def test_python_can_be_held_until_its_output_is_asked_for(self):
		held = process.python('print("here", flush=True)\nsys.stdin.read()\nprint("gone")')
		self.assertEqual(held.stdout.readline(), "here\n")
		self.assertIsNone(held.poll())
		self.assertEqual(process.outputs(held), ["gone\n"])

	def test_failure_of_another_process_fails_the_test(self):
		with self.assertRaisesRegex(AssertionError, "ZeroDivisionError"):
			process.outputs(process.python("1 / 0"))

"""`make pictures`: the pictures of the README and the docs, taken anew from the desk, in each of its languages."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import frappe
from PIL import Image
from playwright.sync_api import Page

from demo.__main__ import COMPANY
from demo.desk import USER, Desk, opened
from demo.stage import ACCOUNT_NAME, Stage
from mercadolibre_sync.backfill.run import BACKFILL, COMPLETED, RUNNING
from mercadolibre_sync.inbox import sweep
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.fiscal import SETTINGS
from tests.browser.base import chromium, log_in, open_form
from tests.ground.process import wait_for
from tests.ground.site import connect

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
LANGUAGES = ("es", "en")
SIZE = {"width": 1200, "height": 760}
PATIENCE_SECONDS = 60
BACKFILL_SECONDS = 300


def main() -> None:
	connect()
	with opened() as desk, chromium() as browser:
		page = browser.new_page(viewport=SIZE)
		page.set_default_timeout(PATIENCE_SECONDS * 1000)
		log_in(page, desk.stage.url, USER, desk.password)
		failed = fail_a_notification(desk.stage)
		# What the scheduler does every minute.
		sweep.note_last_notifications()
		for language in LANGUAGES:
			speak(language)
			for name, image in take(page, desk, failed):
				save(image, IMAGES / language / f"{name}.png")
		with backfill_under_way(desk) as backfill:
			for language in LANGUAGES:
				speak(language)
				save(take_backfill(page, desk, backfill), IMAGES / language / "backfill.png")


def take(page: Page, desk: Desk, failed: str) -> Iterator[tuple[str, bytes]]:
	"""The pictures that hold still, with their names. `failed`: a notification."""
	show(page, desk, "Customer", COMPANY)
	page.get_by_role("tab", name="MercadoLibre").click()
	page.locator('[data-fieldname="mercadolibre_orders"] td').first.wait_for()
	page.locator('[data-fieldname="customer_name"]').first.wait_for(state="hidden")
	yield "customer", picture(page)
	page.goto(f"{desk.stage.url}/app/mercadolibre")
	page.locator(".number-widget-box .number").first.wait_for()
	page.locator(".frappe-chart").first.wait_for()
	yield "workspace", picture(page)
	with without_registry():
		page.reload()
		page.locator(".onboarding-step.complete").first.wait_for()
		page.locator(".number-widget-box .number").first.wait_for()
		yield "guide", picture(page)
	show(page, desk, NOTIFICATION, failed)
	yield "notification", picture(page)
	show(page, desk, ACCOUNT, ACCOUNT_NAME)
	yield "account", picture(page)


def take_backfill(page: Page, desk: Desk, backfill: str) -> bytes:
	show(page, desk, BACKFILL, backfill)
	page.locator(".progress-bar").first.wait_for()
	return picture(page)


def picture(page: Page) -> bytes:
	"""What stands there once everything has arrived, and nothing is being faded in."""
	page.wait_for_load_state("networkidle")
	return page.screenshot(animations="disabled")


def show(page: Page, desk: Desk, doctype: str, name: str) -> None:
	open_form(page, desk.stage.url, doctype, name)
	page.wait_for_load_state("networkidle")


def speak(language: str) -> None:
	"""Have the desk's user read that language."""
	frappe.db.set_value("User", USER, "language", language)
	frappe.db.commit()
	frappe.clear_cache(user=USER)


def fail_a_notification(stage: Stage) -> str:
	"""An order that the application lacks the permission for. Returns its notification."""
	stage.meli.misbehave("^/orders/", "403_policy")
	return stage.notify_order(stage.order(COMPANY)).name


@contextmanager
def without_registry() -> Iterator[None]:
	"""A site whose guided start lacks its last step."""
	frappe.db.set_single_value(SETTINGS, "enabled", 0)
	frappe.db.commit()
	yield
	frappe.db.set_single_value(SETTINGS, "enabled", 1)
	frappe.db.commit()


@contextmanager
def backfill_under_way(desk: Desk) -> Iterator[str]:
	"""A back-fill that stays under way for the length of the `with` block, as with thousands of orders."""
	desk.stage.meli.misbehave("^/orders/search", "slow", seconds=2, times=None)
	account = frappe.get_doc(ACCOUNT, ACCOUNT_NAME)
	backfill = account.synchronise(str(account.creation))
	frappe.db.commit()
	wait_for(lambda: field(backfill, "progress") > 20, PATIENCE_SECONDS)
	yield backfill
	desk.stage.meli.behave()
	wait_for(lambda: field(backfill, "status") != RUNNING, BACKFILL_SECONDS)
	assert field(backfill, "status") == COMPLETED


def field(backfill: str, fieldname: str):
	frappe.db.rollback()
	return frappe.db.get_value(BACKFILL, backfill, fieldname)


def save(image: bytes, path: Path) -> None:
	"""With a palette: a third of the size, and no difference to be seen on a desk."""
	path.parent.mkdir(parents=True, exist_ok=True)
	Image.open(io.BytesIO(image)).convert("RGB").quantize(128).save(path, optimize=True)
	print(path.relative_to(IMAGES.parents[1]), f"{path.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
	main()

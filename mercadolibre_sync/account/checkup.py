"""Testing a connection: what works, and which of the application's permissions is missing."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

from frappe import _

from mercadolibre_sync.inbox import failures
from mercadolibre_sync.meli.client import BILLING_PERMISSION, SALES_PERMISSION, Client
from mercadolibre_sync.meli.errors import Forbidden, MeliError
from mercadolibre_sync.meli.models import User
from mercadolibre_sync.sync import accounts
from mercadolibre_sync.sync.accounts import Account
from mercadolibre_sync.sync.connection import connected
from mercadolibre_sync.sync.errors import SyncError

# MercadoLibre keeps orders for twelve months.
LOOK_BACK = timedelta(days=360)


@dataclass(frozen=True)
class Result:
	"""`works`: None where it could not be tried. `message`: translated, for the desk."""

	subject: str
	works: bool | None
	message: str


def check(account_name: str) -> list[dict]:
	"""Try what the sync does with MercadoLibre, without changing anything. Results as dicts for the desk."""
	return [asdict(result) for result in _check(account_name)]


def _check(account_name: str) -> list[Result]:
	try:
		account = accounts.read(account_name)
		with connected(account_name) as client:
			return [_seller(client.me(), account), *_permissions(client, account)]
	except (MeliError, SyncError) as error:
		return [_failure(_("Authorisation"), error)]


def _seller(user: User, account: Account) -> Result:
	if user.id == account.user_id:
		return Result(_("Authorisation"), True, _("Connected as {0}.").format(user.nickname or user.id))
	message = _('The tokens are those of the seller {0}, not of "Seller ID" {1}.')
	return Result(_("Authorisation"), False, message.format(user.id, account.user_id))


def _permissions(client: Client, account: Account) -> list[Result]:
	now = datetime.now(timezone.utc)
	try:
		page = client.orders(account.user_id, now - LOOK_BACK, now, limit=1)
	except Forbidden as error:
		return [_failure(SALES_PERMISSION, error)]
	message = _("Orders can be read: {0} in the last twelve months.").format(page.total)
	sales = Result(SALES_PERMISSION, True, message)
	if not page.rows:
		message = _("There is no order yet to try this on.")
		return [sales, Result(BILLING_PERMISSION, None, message)]
	return [sales, _billing(client, page.rows[0].id, account)]


def _billing(client: Client, order_id: str, account: Account) -> Result:
	try:
		client.billing_info(client.order(order_id), account.site)
	except Forbidden as error:
		return _failure(BILLING_PERMISSION, error)
	return Result(BILLING_PERMISSION, True, _("The buyers' fiscal data can be read."))


def _failure(subject: str, error: Exception) -> Result:
	return Result(subject, False, str(failures.describe(error)))

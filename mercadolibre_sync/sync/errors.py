from mercadolibre_sync.meli.errors import ReauthorisationNeeded
from mercadolibre_sync.words import Text


class SyncError(Exception):
	"""A buyer cannot be synced; `reason` says what to do."""

	def __init__(self, reason: Text) -> None:
		super().__init__(reason)
		self.reason = reason


class NeedsAttention(SyncError):
	"""Trying again is pointless until a person has changed something."""


class TryLater(SyncError):
	"""What is missing may be there in a while."""


class SiteMoved(SyncError, ReauthorisationNeeded):
	"""The account was authorised at another address of the site, and has to be authorised again at this one."""

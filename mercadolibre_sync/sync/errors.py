class SyncError(Exception):
	"""A buyer cannot be synced; the message is translated and says what to do."""


class NeedsAttention(SyncError):
	"""Trying again is pointless until a person has changed something."""


class TryLater(SyncError):
	"""What is missing may be there in a while."""

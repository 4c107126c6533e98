"""What our app touches of ERPNext, with ERPNext's names, for sites on the fork. Never shipped."""

__version__ = "0.0.0"

"""Frappe's fork from PyPI, for machines that have no bench."""

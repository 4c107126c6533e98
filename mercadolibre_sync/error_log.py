import traceback

import frappe


def log_unexpected(error: Exception) -> None:
	"""Write to the Error Log where an unexpected error arose, not what it says.

	Its text, and Frappe's own traceback with the values of variables, would put a buyer's data, or a secret,
	into the log.
	"""
	stack = "".join(traceback.format_tb(error.__traceback__))
	frappe.log_error(
		title=f"MercadoLibre Sync: {type(error).__name__}", message=f"{stack}\n{type(error).__name__}"
	)

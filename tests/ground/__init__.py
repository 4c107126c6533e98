"""The ground that tests and demo stand on: a real bench, or a site on Frappe's fork that is made here."""

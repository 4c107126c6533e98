"""Frappe's fork from PyPI, for machines that have no bench.

On its desk, which is Frappe 16's, the next person meets these differences from a bench:

- Frappe's and ERPNext's own words ("Save", "Customer Name") are English in every language: the fork has no
  translations. Ours are translated.
- The sidebar of a customer is the stand-in's, made of its doctypes; there is nothing else to sell with.
- Realtime is desk/realtime.js: forms and lists are told of changes and progress, but not who else has a document open.
- `bench build` is desk/bundle.js. Left-to-right styles only.
- System Settings say whether the setup wizard was left, where Frappe 16 asks each installed app.
"""

"""Looking for orders that MercadoLibre did not tell us about, and putting them into the inbox.

`search` walks through the orders of a span of time, a page and a transaction at a time; `run` does so in a
background job that any worker can take over; `nightly` starts one for every account.
"""

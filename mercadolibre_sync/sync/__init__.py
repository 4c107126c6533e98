"""From a MercadoLibre order to Customer, Address and Contact: the only package that knows both sides.

`purchases` asks MercadoLibre (HTTP, no transaction open), `write` turns the answer into documents (one
transaction per buyer, no HTTP). The rules are the contract's; each stands in the module of its document.
"""

from mercadolibre_sync.sync.synchronise import synchronise

__all__ = ["synchronise"]

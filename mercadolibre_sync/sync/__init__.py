"""From a MercadoLibre order to Customer, Address and Contact: the only package that knows both sides.

`pipeline` is the way. It asks MercadoLibre (`asking`: HTTP in threads, no transaction open), decides what to ask
(`questions`) from what the ERP knows (`known`), and has `write` turn a `purchases.Purchase` into documents (one
transaction per buyer, no HTTP). The rules are the contract's; each stands in the module of its document.
"""

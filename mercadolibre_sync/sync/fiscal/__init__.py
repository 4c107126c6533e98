"""The buyer's condición frente al IVA, from ARCA's registry to the Customer.

`lookup` asks for one CUIT and never fails; `registry` is the way there (settings, ticket, what is remembered of
failures), `tickets` keeps the ticket. `customer` writes an answer into a Customer, `pending` asks again for
those that got none, `offer` lets a person choose. `texts` puts errors and answers into words.
"""

SETTINGS = "ARCA Settings"

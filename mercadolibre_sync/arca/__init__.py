"""Client of ARCA (formerly AFIP): login tickets (WSAA) and the taxpayer registry ("padrón"). Imports no frappe."""

"""The outside world on loopback, for tests and for the demo: MercadoLibre's API and ARCA's services."""

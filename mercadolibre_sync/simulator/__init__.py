"""The outside world on loopback, for tests and for the demo: MercadoLibre's API and ARCA's services.

`python -m mercadolibre_sync.simulator` runs it, `running()` runs it beside a test, `control.MeliControl` fills the
MercadoLibre half and tells it to misbehave.
"""

from mercadolibre_sync.simulator.server import running

__all__ = ["running"]

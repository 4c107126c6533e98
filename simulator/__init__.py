"""The outside world on loopback, for tests and for the demo: MercadoLibre's API and ARCA's services.

`python -m simulator` runs it, `running()` runs it beside a test, `control.MeliControl` fills the
MercadoLibre half and tells it to misbehave.
"""

from simulator.server import running

__all__ = ["running"]

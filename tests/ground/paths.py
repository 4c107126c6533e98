"""Where things lie: the checkout, and the folder that `make clean` removes."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
APP = "mercadolibre_sync"
GROUND = CHECKOUT / ".ground"
LOGS = GROUND / "logs"
"""What the last run's processes wrote."""

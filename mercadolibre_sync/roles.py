"""The app's two roles. Beside them only System Managers see accounts, notifications and settings."""

MANAGER = "MercadoLibre Manager"
USER = "MercadoLibre User"
ROLES = (MANAGER, USER)

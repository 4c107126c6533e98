"""The app's two roles. Nobody else sees accounts, notifications or settings."""

MANAGER = "MercadoLibre Manager"
USER = "MercadoLibre User"
ROLES = (MANAGER, USER)

"""The life of a MercadoLibre Account: connecting it, testing it, disconnecting it, and noticing its silence."""

"""A day of a big seller, as fast as the app takes it, and what it leaves in memory, tables and Redis: `make soak`."""

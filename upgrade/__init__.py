"""From the first version that was landed to this one, and away and back again, on a real bench: `make upgrade`."""

"""firstday: Monte Carlo simulation of the first trading day of an IPO."""

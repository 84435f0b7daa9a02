"""Somebody else's catalogue: what an integrator would write, and what the documentation shows."""

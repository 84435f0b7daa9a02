"""The hub: knows formations and centres, moderates, rates, publishes, serves the API, the desk and the centres' space."""

"""The hub: knows formations and centres, moderates, rates, publishes, serves the API and the pages."""

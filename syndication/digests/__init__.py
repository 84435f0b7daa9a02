"""News that people get without asking at each time: a centre's week, and what waits for too long."""

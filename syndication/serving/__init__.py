"""Serving over HTTP with several processes: one that watches, those that answer, one that does the background work."""

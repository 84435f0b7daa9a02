"""Telling partners of changes as they happen, by messages to the receivers they name."""

"""Keeping SQLite databases."""

"""Keeping PostgreSQL databases."""

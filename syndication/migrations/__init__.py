"""Migrations of the hub's database."""

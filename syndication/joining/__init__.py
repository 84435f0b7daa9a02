"""Centres that ask to take part."""

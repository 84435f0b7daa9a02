"""Moderation: what may be decided, and what a decision changes."""

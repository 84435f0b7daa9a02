"""Centres' right of reply: one reply to a text, read by a moderator before it appears."""

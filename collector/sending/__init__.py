"""Answers sent: the write path, which many walk at once."""

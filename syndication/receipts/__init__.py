"""Receipts: what the collector is told of texts, so that their authors' pages can say it."""

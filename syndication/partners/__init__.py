"""Catalogue sites: who they are and where they may show widgets."""

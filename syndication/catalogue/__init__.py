"""The catalogue: codes, continuity, official files, and how a code is resolved to a formation or a centre."""

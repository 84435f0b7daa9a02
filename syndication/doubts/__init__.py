"""Doubts that a centre may report on a review: the review stays until somebody decides, and the outcome is told."""

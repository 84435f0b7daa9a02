"""Tests, mirroring the three packages; journeys cross them, browser drives Chromium, bench measures."""

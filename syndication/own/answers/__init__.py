"""What respondents answered to the questions of their centre: never public, shown to it above thresholds."""

"""Alerts: texts that tell of danger, harassment or distress, which referents follow and few people see."""

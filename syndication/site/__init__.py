"""The house's own public pages."""

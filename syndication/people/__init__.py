"""Who may open what: given, seen and ended by administrators and by centres themselves."""

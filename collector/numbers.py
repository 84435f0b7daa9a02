"""Numbers as French writes them. Pure."""


def french_number(value: int) -> str:
    """« 1 234 », with a narrow no-break space."""
    return f"{value:,}".replace(",", "\u202f")

"""How fair moderation is: what was received, what became of it, and how long it waited, by rating and by centre."""

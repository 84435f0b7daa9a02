"""Questions that a centre adds to its campaigns: for itself alone, checked by a moderator before they are asked."""

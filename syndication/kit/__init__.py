"""What a centre prints, sends and takes away: the sharing kit of a campaign, and documents of figures."""

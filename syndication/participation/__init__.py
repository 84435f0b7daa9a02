"""Which centres take part: campaigns, answers, texts that wait."""

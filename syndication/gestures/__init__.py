"""« Useful or not »: what readers make known of a text, without being known themselves."""

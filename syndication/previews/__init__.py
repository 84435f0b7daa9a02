"""A centre's widget as a catalogue would show it, and links by which it shows it to colleagues."""

"""Search: words as the databases' own full text keeps them, whatever their accents, number and form."""

"""What imports keep of the catalogue."""

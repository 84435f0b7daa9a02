"""What observers may see: the nation, a region, a department, an OPCO."""

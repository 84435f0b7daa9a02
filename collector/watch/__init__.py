"""A service seen from outside: what its processes count, log and take, and who is told. Alone or within the hub, it is
the same one."""

"""The service seen from outside: what is counted, how long things take and wait, what is logged, what is wrong."""

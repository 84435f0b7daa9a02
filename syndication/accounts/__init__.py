"""People who sign in: one-time links, sessions, roles. No password."""

"""Inviting by mail: the roster, the letters, the outbox, and handing over to a mail server or to files."""

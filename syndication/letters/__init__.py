"""Mails of the hub: what is owed to people, composed when it leaves."""

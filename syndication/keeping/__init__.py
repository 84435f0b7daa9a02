"""Keeping an installation: backups of both databases, their restoration, moves from one kind of database to another."""

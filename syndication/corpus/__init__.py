"""The public corpus as items that can be followed: figures of scopes and published texts, each with its last change."""

"""The widget draws what was published: no database, no settings. Its doors are ``contract`` and ``routes``."""

"""Commands of ``sirius``, by what they are about. They read settings, call, and say what came of it."""

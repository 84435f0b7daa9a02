"""Publication: from figures and published texts to snapshots, and to bytes that are ready."""

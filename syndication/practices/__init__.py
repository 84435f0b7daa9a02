"""Good practices: texts that moderators marked as gems, and replies of centres, gathered by subject for the nation."""

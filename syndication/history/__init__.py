"""The whole history of a text: every act, and whether its words are those that were written."""

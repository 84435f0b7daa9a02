"""The training centres' space, and the preview of their widget."""

"""The living demonstration: real formations, invented centres, invented testimonies."""

"""A synthetic nation: seeded, whole, invented. Its centres and its testimonies are nobody's."""

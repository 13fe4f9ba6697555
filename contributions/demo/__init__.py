"""The demo hub: people, tiny models made on the spot, and the whole flow done as people would do it."""

"""Small real models and data of an invented world, for demonstrations and tests."""

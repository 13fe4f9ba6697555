"""Shipped benchmark and board definitions, as data."""

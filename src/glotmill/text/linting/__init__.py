"""Linting: bounds and word lists that cannot be meant as they stand."""

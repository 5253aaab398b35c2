"""Duplicate removal: exact and near, verified, explained."""

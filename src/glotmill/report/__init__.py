"""Runs as people read them: funnels and tables."""

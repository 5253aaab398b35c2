"""Carrying out a plan: shards, phases, the sink, resuming."""

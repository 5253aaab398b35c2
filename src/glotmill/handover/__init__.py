"""Readers of finished corpora and mixes for training: Ray Data, and a stream by rank that a training loop can resume."""

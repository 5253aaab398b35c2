"""Mixes: which documents of finished corpora a training run reads, how often, and in which order, frozen as a corpus."""

"""Glotmill builds pretraining corpora in languages other than English."""

__version__ = "0.1.0"

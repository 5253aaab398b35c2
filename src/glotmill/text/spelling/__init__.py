"""Packs of spelling: for each script and language, which sequences of characters are one and the same written text."""

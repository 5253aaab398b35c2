"""Identification: which language a text is in, by tables of words and of characters that come with Glotmill."""

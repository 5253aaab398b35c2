"""Gold for the extraction of text: pages of which the main content is known by construction."""

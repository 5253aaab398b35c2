"""Wikitext of MediaWiki pages made into plain text: pure functions, nothing is fetched and no template is expanded."""

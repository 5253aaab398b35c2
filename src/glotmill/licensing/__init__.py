"""Rights: evidence on pages and in sources, license expressions, policies."""

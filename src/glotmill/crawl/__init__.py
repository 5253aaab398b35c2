"""The crawler: politeness, robots and frontier; what it fetches becomes WARC files before anything else reads it."""

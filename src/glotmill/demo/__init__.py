"""A small web of invented sites, turned into WARC files with everything that goes wrong on the real one."""

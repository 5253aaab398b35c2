"""Common Crawl: pages chosen by its columnar index, fetched as byte ranges and frozen before anything reads them."""

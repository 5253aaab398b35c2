"""Files and formats: storage, WARC, Parquet, JSON Lines, character sets, models."""

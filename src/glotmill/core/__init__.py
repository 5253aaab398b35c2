"""The types that every other package speaks: errors, schemas, steps. Needs pyarrow and pydantic only."""

"""Items of benchmarks in documents: hashed n-grams of questions, and how much of a question stands in a text."""

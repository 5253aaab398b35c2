"""Time datatrove's NGramsDecontFilter on documents and questions; runs in the peers' environment, called by decontaminate.py.

The index is made by the indexer's own functions; its `run` wants lighteval and the network. The tokenizer is the filter's
own for the language.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter
from datatrove.utils.text import ngrams, simplify_text
from datatrove.utils.word_tokenizers import load_word_tokenizer


def main() -> None:
    """Print one line."""
    given = json.loads(Path(sys.argv[1]).read_text())
    language = given["language"]
    config = NGramsDecontConfig(n_grams=8, find_query_ngrams=True)
    with tempfile.TemporaryDirectory() as folder:
        finder = NGramsDecontFilter(folder, config, language=language)
        words = load_word_tokenizer(language)
        hashes = {
            finder.hash_func(" ".join(gram))
            for question in given["questions"]
            for gram in ngrams(words.word_tokenize(simplify_text(question, config.norm_config)), config.n_grams)
        }
        np.array(sorted(hashes), dtype=config.hash_config.np_descr).tofile(Path(folder) / "task.index.hashes")
        documents = [Document(text=text, id=str(place)) for place, text in enumerate(given["documents"])]
        finder.filter(documents[0])
        begun = time.perf_counter()
        found = 0
        size = done = 0
        for document in documents:
            found += finder.filter(document) is not True
            size += len(document.text.encode())
            done += 1
            if time.perf_counter() - begun > 60:
                break
        taken = time.perf_counter() - begun
    print(
        f"{language} datatrove, {len(hashes)} n-grams: {done / taken:,.0f} documents/s, {size / 1e6 / taken:.2f} MB/s, "
        f"{found} of {done} documents found"
    )


if __name__ == "__main__":
    main()

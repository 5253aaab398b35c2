"""Pages that break the extractor although they keep every deterministic limit; written for these tests."""

_HEAD = '<!DOCTYPE html><html lang="eu"><head><meta charset="utf-8"><title>Orri gaiztoa</title></head><body><article>'
_TAIL = "<p>Azken esaldia.</p></article></body></html>"


def hanging_page(pieces: int = 100_000) -> str:
    """Return a page on which trafilatura takes minutes: time grows with the square of `pieces`.

    One paragraph with an empty `<svg>` after every sentence. trafilatura deletes each svg and joins the sentence
    behind it to the text before it, by copying the whole text read so far. Measured with trafilatura 2.3.1 on one
    core: 20,000 pieces 6 s, 100,000 pieces (3.6 MB, 100,010 nodes, depth 5) more than 120 s.
    """
    return _HEAD + "<p>" + "<svg></svg>Zer egun ederra da gaur. " * pieces + "</p>" + _TAIL


def memory_page(depth: int = 240, characters: int = 2_400_000) -> str:
    """Return a page for which trafilatura asks for `depth` copies of one text of 4 bytes per character.

    A LaTeX annotation inside nested `<math>` elements: trafilatura writes the annotation behind every one of them.
    Measured with trafilatura 2.3.1: 2.4 M characters and depth 240 (250 nodes) need 2.4 GB; MemoryError after 2.6 s
    with 512 MB, after 14 s with 2,048 MB. One text node may hold 10 MB in libxml2, hence not more characters.
    """
    formula = '<annotation encoding="application/x-tex">' + "\U0001d4b3" * characters + "</annotation>"
    return _HEAD + "<math>" * depth + formula + "</math>" * depth + _TAIL

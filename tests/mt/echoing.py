"""A document taken apart, masked, and put together again by an engine that answers what it was asked."""

from collections.abc import Callable

from glotmill.mt.document import Document, Unit, parse
from glotmill.mt.masking import Masked, choose, mask, unmask


def masked_segments(document: Document) -> list[Masked | None]:
    """Each segment as an engine gets it; None where every sentinel stands in its text already."""
    found: list[Masked | None] = []
    for segment in document.segments:
        source = document.source(segment)
        sentinel = choose(source) if segment.kept else None
        if segment.kept and sentinel is None:
            found.append(None)
        else:
            found.append(mask(source, segment.kept, segment.breaks, sentinel=sentinel))
    return found


def through(text: str, engine: Callable[[str], str] = lambda line: line, *, unit: Unit = "sentence") -> str:
    """The document after an engine has had each of its segments."""
    document = parse(text, unit=unit)
    answers = [
        document.source(segment) if masked is None else unmask(masked, engine(masked.text))
        for segment, masked in zip(document.segments, masked_segments(document), strict=True)
    ]
    return document.assemble(answers)


def lines(text: str, *, unit: Unit = "sentence") -> list[str]:
    """What an engine is asked of a document, line by line."""
    return [masked.text for masked in masked_segments(parse(text, unit=unit)) if masked is not None]

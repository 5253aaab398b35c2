"""RDF in a markup comment: how Creative Commons' chooser marked pages until 2008, before RDFa."""

import re
from collections.abc import Iterator

from glotmill.text.entities import unescaped

MAX_COMMENT = 20_000  # characters; the chooser's own had about 1,000
_MAX_WORKS = 20

_WORK = re.compile(r"<(?:\w{1,20}:)?Work\b([^<>]{0,2000})>")
_WORK_END = re.compile(r"</(?:\w{1,20}:)?Work\s*>")
_LICENSE = re.compile(r"<(?:\w{1,20}:)?license\s[^<>]{0,500}?\brdf:resource\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')")
_ABOUT = re.compile(r"\brdf:about\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')")


def rdf_licenses(comment: str) -> Iterator[tuple[str, str | None]]:
    """Yield (license address, what it is about) of each work that a comment describes.

    `rdf:about=""` is the page itself; None stands for a work without an address. What a comment says of a license
    alone (`<License rdf:about=...>`) claims it for nothing. The comment is searched, not parsed: it needs no entities,
    and bloggers' copies of it are seldom well-formed.
    """
    if "rdf:" not in comment or len(comment) > MAX_COMMENT:
        return
    # Cut at the ends first: to look for each beginning's end is quadratic in beginnings without one.
    for piece in _WORK_END.split(comment, _MAX_WORKS)[:-1]:
        *_, work = (None, *_WORK.finditer(piece))
        if work is None:
            continue
        about = _ABOUT.search(work[1])
        subject = None if about is None else unescaped(about[1] or about[2] or "").strip()
        for resource in _LICENSE.finditer(piece, work.end()):
            yield unescaped(resource[1] or resource[2] or "").strip(), subject

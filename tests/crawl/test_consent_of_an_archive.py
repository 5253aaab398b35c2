"""What a crawl wrote down of its sites' signals stands in the rows that are read from its archive, wherever files are cut."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fetches import archive as opened
from fetches import page, written

from glotmill.core.inputs import InputFile, Slice
from glotmill.crawl.records import About, Signal
from glotmill.io.warc import WarcSource
from glotmill.licensing.consent import read_consent, with_earlier

SEEN = datetime(2026, 11, 1, tzinfo=UTC)


def signal(kind: str, use: str, verdict: str) -> Signal:
    return Signal(kind, use, verdict, f"{kind} {verdict}", SEEN)


SAID = (
    (signal("tdmrep", "train-ai", "denied"), signal("content-usage", "search", "allowed")),
    (signal("content-signal", "train-ai", "allowed"),),
    (),
    (signal("rsl", "train-ai", "recorded"),),
)
COLUMN = (
    "train-ai=denied by tdmrep; search=allowed by content-usage",
    "train-ai=allowed by content-signal",
    None,
    None,
)


@pytest.fixture
def file(tmp_path: Path) -> InputFile:
    with opened(tmp_path) as made:
        for number, said in enumerate(SAID):
            made.write(page(number), About(signals=said))
        made.settle(made.end())
    path = tmp_path / "warc" / "zatia-0-00000.warc.gz"
    return InputFile("azoka", path.name, str(path), path.stat().st_size, "xxh3:0")


def rows(file: InputFile, start: int, end: int) -> list[tuple[str, str | None]]:
    found = WarcSource(kind="warc", of="azoka").read(Slice(file, start, end))
    return [(row["url"], row["consent"]) for outcome in found for row in outcome.batch.rows.to_pylist()]


def test_each_page_has_what_was_said_of_it(file: InputFile) -> None:
    assert rows(file, 0, file.size) == [(page(n).url, said) for n, said in enumerate(COLUMN)]


def test_wherever_a_file_is_cut_the_same_is_read(file: InputFile) -> None:
    whole = rows(file, 0, file.size)
    for cut in range(1, file.size, 61):
        assert rows(file, 0, cut) + rows(file, cut, file.size) == whole, cut


def test_lines_that_nobody_of_ours_wrote_say_nothing(tmp_path: Path) -> None:
    odd = [
        ("consent", line)
        for line in ("[" * 50_000, '{"use": "train-ai"}', '{"use": [], "verdict": {}, "kind": 3}', "x")
    ]
    path = written(tmp_path, page(1), about=About(facts=tuple(odd)))
    file = InputFile("azoka", path.name, str(path), path.stat().st_size, "xxh3:0")
    assert rows(file, 0, file.size) == [(page(1).url, None)]


@pytest.mark.parametrize(
    ("headers", "earlier", "column", "verdict"),
    [
        ({}, None, "train-ai=unknown", "unknown"),
        ({}, "train-ai=denied by tdmrep", "train-ai=denied by tdmrep", "denied"),
        ({"content-usage": "train-ai=y"}, "train-ai=denied by tdmrep", "train-ai=denied by tdmrep", "denied"),
        ({"content-usage": "train-ai=n"}, "train-ai=allowed by tdmrep", "train-ai=denied by content-usage", "denied"),
        ({"content-usage": "train-ai=y"}, "search=denied by content-signal", "train-ai=allowed by content-usage; search=denied by content-signal", "allowed"),
        ({}, "anything at all", "train-ai=unknown", "unknown"),
        ({}, "train-ai=denied by tdmrep; train-ai=allowed by content-usage", "train-ai=denied by tdmrep", "denied"),
        ({}, "notrain-ai=allowed; bots=yes", "train-ai=unknown", "unknown"),
        ({}, "denied", "train-ai=denied by row", "denied"),
        ({}, "ai-train=no, search=yes", "train-ai=denied by row", "denied"),
        ({}, "Train-AI=Denied by robots_txt", "train-ai=denied by robots", "denied"),
    ],
)  # fmt: skip
def test_the_stricter_of_archive_and_page_holds(headers, earlier, column, verdict) -> None:
    consent = with_earlier(read_consent(None, headers), earlier)
    assert (consent.column(), consent.verdict) == (column, verdict)

"""Tombstones: what a list recognises, and what it says to those who read it."""

import pyarrow as pa
import pytest

from glotmill.core.arrow import strings
from glotmill.core.errors import RecipeError
from glotmill.core.hashing import content_hash
from glotmill.core.steps import Batch, Outcome
from glotmill.dedup.tombstones import Tombstones, address_key, hidden, lines_of, refused, site_key

SALT = "0123456789abcdef" * 2


def listed(*values) -> Tombstones:
    return Tombstones().with_lines(SALT, lines_of(SALT, values))


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://herria.example/berriak/1", "url"),
        ("HTTP://HERRIA.example:80/berriak/%31#goian", "url"),
        ("https://herria.example/berriak/1?orria=2", None),
        ("https://herria.example/berriak/", None),
        ("https://беларусь.example/", "domain"),
        ("http://www.xn--80abmy0agn7e.example/навіны", "domain"),
        ("https://nebelarus.example/", None),
        ("https://example/", None),
        ("mailto:a@беларусь.example", None),
        ("https://[::1", None),
        ("", None),
    ],
)
def test_addresses_and_sites_are_recognised_in_whatever_form(url: str, kind: str | None) -> None:
    known = listed(("url", address_key("https://herria.example/berriak/1")), ("domain", site_key("беларусь.example")))
    assert known.address(url) == kind


def test_a_file_names_nothing_and_comes_back_as_it_was_written() -> None:
    known = listed(("url", address_key("https://herria.example/giltza")), ("text", content_hash("ဝါးပင်")))
    text = known.text()
    assert "herria" not in text
    assert Tombstones.parse(text).text() == text
    other = Tombstones().with_lines(
        "ff" * 16, lines_of("ff" * 16, [("url", address_key("https://herria.example/giltza"))])
    )
    assert not set(text.splitlines()) & set(other.text().splitlines()[1:])
    joined = Tombstones.parse(text + other.text())
    assert joined.covers(known)
    assert joined.covers(other)
    assert not known.covers(joined)
    assert known.plus(other).salt == SALT


@pytest.mark.parametrize(
    "text", ["url 00", f"url {'0' * 32}", "salt 12", f"salt {'a' * 33}", f"salt {SALT}\nhost {'0' * 32}", "<html>"]
)
def test_what_is_no_tombstone_is_an_error_and_never_skipped(text: str) -> None:
    with pytest.raises(RecipeError, match="is no tombstone"):
        Tombstones.parse(text)


def test_a_refusal_wins_over_what_a_step_said_and_leaves_no_words() -> None:
    rows = pa.record_batch({"doc_id": ["a", "b", "c"], "url": ["u1", "u2", "u3"], "text": ["๑", "", "១២"]})
    said = Outcome(
        Batch(rows),
        strings(["x.y", None, None]),
        strings(["characters 1 < 5", None, None]),
        strings(["k", None, None]),
        pa.array([True, False, False]),
    )
    known = listed(("text", content_hash("๑")), ("text", content_hash("")))
    assert known.texts(rows) == ["text", None, None]
    outcome = refused(said, known.texts(rows))
    assert outcome.reasons.to_pylist() == ["tombstones.text", None, None]
    assert outcome.details.to_pylist() == outcome.related.to_pylist() == [None] * 3
    assert outcome.quarantined.to_pylist() == [False] * 3
    ledger = pa.record_batch(
        {"url": ["u", "v"], "reason": ["tombstones.url", "x.y"], "detail": ["d", "e"], "sample": ["s", "t"]}
    )
    assert hidden(ledger).to_pylist() == [
        {"url": None, "reason": "tombstones.url", "detail": None, "sample": None},
        {"url": "v", "reason": "x.y", "detail": "e", "sample": "t"},
    ]

"""The African Storybook as web pages, end to end: every story has its fate, and every row the license that the data gives it.

The fixture `storybook` is the finished run with what the data says of each page. Whatever is to be proven of a whole corpus with
three licenses belongs here: the validators of its manifests, and the takedown of a story with its translations, which share
`parallel_id` (the data links them by story number, the pages by `hreflang`; `translations` finds them).
"""

import gzip
import json
import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from glotmill.provenance.exports.escape import plain
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.validators import VALIDATORS
from support.command import glotmill
from support.rights import check

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from render_storybook import Truth, render  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "african_storybook.jsonl.gz"
STORIES = 8  # of 367, each in all its languages: what a fast test has time for
pytestmark = pytest.mark.real


@dataclass(frozen=True)
class Storybook:
    """A finished run and its truth."""

    place: Path
    run: RunFolder
    truth: Mapping[str, Truth]  # by address

    @cached_property
    def rows(self) -> list[tuple[str, dict[str, Any]]]:
        """Every row with its part."""
        return [
            (part, row)
            for part in self.run.parts()
            for row in pq.read_table(self.run.join(part), partitioning=None).to_pylist()
        ]

    def ledger(self) -> list[dict[str, Any]]:
        """Every removal."""
        files = sorted(Path(self.run.address).glob("phase-*/ledger/*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    @cached_property
    def groups(self) -> Mapping[str, set[str]]:
        """`parallel_id` -> the addresses of the kept rows that share it."""
        found: dict[str, set[str]] = defaultdict(set)
        for _, row in self.rows:
            if row["parallel_id"] is not None:
                found[row["parallel_id"]].add(row["url"])
        return found

    def translations(self, url: str) -> set[str]:
        """The addresses of a kept story in all languages, itself among them, as the corpus alone knows them."""
        own = next(row["parallel_id"] for _, row in self.rows if row["url"] == url)
        return self.groups.get(own, {url})


def build(place: Path, *, most: int | None) -> Storybook:
    """Render and run."""
    if not DATA.is_file():
        pytest.skip(f"no {DATA}")
    truth = render(DATA, place, most=most)
    words = ("storybook", "--project", "project", "--bind", "african-storybook=warc", "--out", "out", "--json")
    glotmill("run", *words, cwd=place)
    return Storybook(place, RunFolder(str(place / "out" / "storybook" / "1.0.0")), {one.url: one for one in truth})


@pytest.fixture(scope="module")
def storybook(tmp_path_factory: pytest.TempPathFactory) -> Storybook:
    return build(tmp_path_factory.mktemp("storybook"), most=STORIES)


def every_story_has_its_fate(storybook: Storybook) -> Counter[str]:
    """Hold kept and dropped against the data; return how many were dropped for which reason."""
    kept = [row["url"] for _, row in storybook.rows]
    dropped = {row["url"]: row for row in storybook.ledger()}
    assert sorted([*kept, *dropped]) == sorted(storybook.truth)
    assert len(storybook.ledger()) == len(dropped)
    assert all(row["fate"] == "dropped" and row["detail"] for row in dropped.values())
    reasons = Counter(row["reason"] for row in dropped.values())
    # Rights refuse nothing; the language of short stories is what is hard, and five languages have no identifier at all.
    assert set(reasons) <= {"identify.other_language", "identify.low_score", "exact_dedup.same_text"}
    return reasons


def every_row_is_what_the_data_says(storybook: Storybook) -> Counter[str]:
    """Hold rights and credits of each row, and its folder, against the data; return how many have which license."""
    counts: Counter[str] = Counter()
    for part, row in storybook.rows:
        known = storybook.truth[row["url"]]
        counts[row["license"]] += 1
        assert (row["license"], row["license_class"]) == (known.license, known.license_class)
        assert (row["license_state"], row["consent"]) == ("declared", "train-ai=unknown")
        assert {"json-ld", "rel-license"} <= {one["signal"] for one in row["license_evidence"]}
        assert part.split("/")[1:3] == [row["language"], known.license_class]
        # What a license with attribution asks to be named: title, people, where it is from, and the license.
        assert (row["title"], row["author"], row["source"]) == (known.title, known.credit, "african-storybook")
        assert row["author"]
    return counts


def every_story_knows_its_translations(storybook: Storybook) -> None:
    """Hold what the corpus links against the data's story numbers."""
    kept = {row["url"] for _, row in storybook.rows}
    for url in kept:
        number = storybook.truth[url].story
        assert storybook.translations(url) == {other for other in kept if storybook.truth[other].story == number}


def test_every_story_of_the_sample_is_kept_or_has_a_reason(storybook: Storybook) -> None:
    reasons = every_story_has_its_fate(storybook)
    assert reasons.total() <= 0.25 * len(storybook.truth)


def test_rows_have_the_data_s_license_and_credits_and_lie_apart_by_class(storybook: Storybook) -> None:
    counts = every_row_is_what_the_data_says(storybook)
    assert set(counts) == {"LicenseRef-CC-BY", "LicenseRef-CC-BY-NC", "LicenseRef-CC-BY-NC-SA"}


def test_the_texts_are_the_stories_without_the_credits_around_them(storybook: Storybook) -> None:
    """But for lines that trafilatura takes for repeats: 50 of all 2,126 stories lose some."""
    same = [
        row["text"].split() == f"{known.title} {known.text}".split()
        for _, row in storybook.rows
        if (known := storybook.truth[row["url"]])
    ]
    assert sum(same) >= 0.9 * len(same)


def test_verification_finds_nothing_wrong(storybook: Storybook) -> None:
    found = json.loads(glotmill("verify", storybook.run.address, "--json", cwd=storybook.place))
    assert (found["problems"], found["rows"]) == ([], sum(1 for _ in storybook.rows))


def test_a_story_knows_its_translations_and_no_others(storybook: Storybook) -> None:
    every_story_knows_its_translations(storybook)


def test_without_the_word_that_versions_are_left_open_on_purpose_no_page_is_licensed_enough(tmp_path: Path) -> None:
    if not DATA.is_file():
        pytest.skip(f"no {DATA}")
    truth = render(DATA, tmp_path, most=2)
    manifest = tmp_path / "project" / "manifests" / "sources" / "african-storybook.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(
        re.sub(r"(?s)  unversioned_evidence:.*(?=^terms)", "", text, flags=re.MULTILINE), encoding="utf-8"
    )
    words = ("storybook", "--project", "project", "--bind", "african-storybook=warc", "--json", "--docs", "5")
    said = json.loads(glotmill("dry-run", *words, cwd=tmp_path))
    assert "permit.state_too_weak" in json.dumps(said)
    assert len(truth) >= 5


def test_equal_data_give_equal_bytes_and_other_readers_read_them(tmp_path: Path) -> None:
    if not DATA.is_file():
        pytest.skip(f"no {DATA}")
    for name in ("one", "two"):
        render(DATA, tmp_path / name, most=3)
    one, two = (
        {file.relative_to(tmp_path / name): file.read_bytes() for file in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert one == two
    (archive,) = (tmp_path / "one" / "warc").iterdir()
    pages = [json.loads(line)["url"] for line in (tmp_path / "one" / "truth.jsonl").read_text("utf-8").splitlines()]
    with archive.open("rb") as stream:
        warcio = [one.rec_headers["WARC-Target-URI"] for one in ArchiveIterator(stream) if one.rec_type == "response"]
    with archive.open("rb") as stream:
        fast = [
            one.headers["WARC-Target-URI"] for one in FastIterator(stream) if one.headers["WARC-Type"] == "response"
        ]
    assert pages == warcio == fast
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        titles = {" ".join(json.loads(line)["title"].split()) for line in lines}
    assert {
        json.loads(line)["title"] for line in (tmp_path / "one" / "truth.jsonl").read_text("utf-8").splitlines()
    } <= titles


def everyone_is_named(storybook: Storybook) -> None:
    """Hold ATTRIBUTION against the rows: title, people, address and license of every story."""
    text = "".join(
        gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")
        for path in sorted(Path(storybook.run.address).rglob("ATTRIBUTION*"))
        if path.is_file()
    )
    for _, row in storybook.rows:
        assert row["url"] in text
        assert plain(row["title"]) in text
        assert plain(row["author"]) in text
    assert {row["license"] for _, row in storybook.rows} <= set(re.findall(r"LicenseRef-CC-BY[A-Z-]*", text))


def a_story_goes_with_its_translations(storybook: Storybook, place: Path) -> None:
    """Take the story with the most translations out of a copy, and let everything official look at what is left."""
    shutil.copytree(storybook.run.address, place / "copy")
    most = max(storybook.groups.values(), key=lambda urls: (len(urls), sorted(urls)))
    assert len(most) > 2
    words = ("--url", min(most), "--by", "its author", "--requested", "2026-11-20", "--json")
    said = json.loads(glotmill("takedown", str(place / "copy"), *words, cwd=place))
    left = RunFolder(str(place / "copy"))
    urls = {url for part in left.parts() for url in pq.read_table(left.join(part)).column("url").to_pylist()}
    assert urls == {row["url"] for _, row in storybook.rows} - most
    assert said["runs"][0]["documents"] == len(most)
    assert left.read_json("manifest.json")["release"] == "2.0.0"
    assert check(left, VALIDATORS).problems == []


def test_everyone_is_named_where_the_licenses_ask_for_it(storybook: Storybook) -> None:
    everyone_is_named(storybook)


def test_every_validator_is_green(storybook: Storybook) -> None:
    assert check(storybook.run, VALIDATORS).problems == []


def test_one_story_is_taken_down_together_with_its_translations(storybook: Storybook, tmp_path: Path) -> None:
    a_story_goes_with_its_translations(storybook, tmp_path)


@pytest.mark.slow
def test_all_2126_stories_end_to_end(tmp_path: Path) -> None:
    whole = build(tmp_path, most=None)
    assert len(whole.truth) == 2126
    assert Counter(one.license for one in whole.truth.values()) == {
        "LicenseRef-CC-BY": 1747,
        "LicenseRef-CC-BY-NC": 376,
        "LicenseRef-CC-BY-NC-SA": 3,
    }
    reasons = every_story_has_its_fate(whole)
    counts = every_row_is_what_the_data_says(whole)
    assert counts.total() + reasons.total() == 2126
    assert counts.total() >= 1800  # 1,823 in November 2026
    assert reasons["exact_dedup.same_text"] == 4
    every_story_knows_its_translations(whole)
    steps = {count.step: count.kept for count in whole.run.counts()}
    assert steps["rights"] == 2126
    found = json.loads(glotmill("verify", whole.run.address, "--json", cwd=tmp_path))
    assert (found["problems"], found["rows"]) == ([], counts.total())
    assert check(whole.run, VALIDATORS).problems == []
    everyone_is_named(whole)
    a_story_goes_with_its_translations(whole, tmp_path)

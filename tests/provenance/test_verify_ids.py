"""Ids over a whole corpus: what stands twice, is removed and there, lacks a reading, or has a parent that is nowhere."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.table import CLASSES
from glotmill.provenance.sorting import SortedLines
from glotmill.provenance.verdict import Verdict
from glotmill.provenance.verify_ids import Ids, Place

PATHS = ["data/eus/part-00000.parquet", "data/tha/part-00000.parquet"]
FREE, BOUND = "attribution", "noncommercial"


def compared(
    folder: Path,
    *,
    kept: Sequence[tuple[str, int, Place]] = (),
    removed: Sequence[str] = (),
    children: Sequence[tuple[str, str, Place]] = (),
    mix: bool = False,
    inherited: bool = False,
    characters: int = 60,
) -> Verdict:
    ids, verdict = Ids(SortedLines(folder, run_characters=characters), PATHS), Verdict()
    for child in children:
        ids.child(*child)
    for doc_id in removed:
        ids.removed(doc_id)
    for row in kept:
        ids.kept(*row)
    ids.compare(verdict, mix=mix, inherited=inherited)
    return verdict


def at(part: int, row: int, license_class: str | None = FREE) -> Place:
    return Place(part, row, license_class)


def test_an_id_that_stands_twice_names_both_places(tmp_path: Path):
    rows = [("etxea", 0, at(0, 10)), ("บ้าน", 0, at(0, 2)), ("บ้าน", 0, at(1, 1)), ("บ้าน", 0, at(1, 12))]
    assert compared(tmp_path, kept=rows).problems == [
        f"{PATHS[1]}: row 1 (บ้าน): the id stands in {PATHS[0]} too",
        f"{PATHS[1]}: row 12 (บ้าน): the id stands in {PATHS[0]} too",
    ]


def test_what_is_removed_stands_in_the_corpus_or_the_ledger_once(tmp_path: Path):
    found = compared(tmp_path, kept=[("bat", 0, at(1, 1))], removed=["bat", "bi", "hiru", "bi"])
    assert found.problems == [
        f"ledger: bat is removed there and stands in {PATHS[1]} too",
        "ledger: bi is removed there and stands in the ledger too",
    ]
    again = compared(tmp_path / "mix", kept=[("lau", 0, at(1, 1))], removed=["bi", "bi"], mix=True)
    assert again.problems == []  # each of its copies


def test_readings_of_a_mix_follow_one_another(tmp_path: Path):
    rows = [("bat", reading, at(0, reading + 1)) for reading in range(12)]
    rows += [("bi", 1, at(1, 1)), ("hiru", 0, at(1, 2)), ("hiru", 2, at(1, 3)), ("lau", -3, at(1, 4))]
    assert compared(tmp_path, kept=rows, mix=True).problems == [
        f"{PATHS[1]}: bi has reading 1 and lacks the one before",
        f"{PATHS[1]}: hiru has reading 2 and lacks the one before",
        f"{PATHS[1]}: lau has a reading -3",
    ]


@pytest.mark.parametrize(
    ("child", "parent", "freer"),
    [
        (FREE, BOUND, True),
        (BOUND, FREE, False),
        (FREE, None, False),
        (None, BOUND, False),
        (BOUND, "of tomorrow", True),
        ("of tomorrow", BOUND, False),
    ],
)
def test_a_derived_row_is_as_bound_as_its_parent(tmp_path: Path, child, parent, freer):
    rows = [("ama", 0, at(0, 1, parent)), ("alaba", 0, at(1, 1, child))]
    found = compared(tmp_path, kept=rows, children=[("alaba", "ama", at(1, 1, child))])
    said = f"{PATHS[1]}: row 1 (alaba): class {child} is freer than class {parent} of its parent ama"
    assert found.problems == ([said] if freer else [])


def test_a_parent_is_in_the_corpus_the_ledger_or_an_earlier_one(tmp_path: Path):
    children = [("alaba", parent, at(0, 1)) for parent in ("ama", "amona", "inor", "alaba")]
    given = {"kept": [("ama", 0, at(0, 2)), ("alaba", 0, at(0, 1))], "removed": ["amona"], "children": children}
    itself = f"{PATHS[0]}: row 1 (alaba): names itself as its parent"
    nowhere = f"{PATHS[0]}: row 1 (alaba): its parent inor is in neither the corpus nor the ledger"
    assert compared(tmp_path, **given).problems == [itself, nowhere]
    found = compared(tmp_path / "later", **given, inherited=True)
    assert (found.problems, len(found.remarks)) == ([itself], 1)
    assert found.remarks[0].startswith("1 parents stand in ledgers of earlier corpora")


IDS = st.sampled_from(["a", "a 1", "a\t0", "a\\t0", "a\n", "a\x01", "ab", "", "कमल", "\U0001f600"])
PLACES = st.builds(Place, st.integers(0, 1), st.integers(1, 99), st.sampled_from([None, *CLASSES]))


@given(st.lists(st.tuples(IDS, st.integers(0, 3), PLACES)), st.lists(IDS), st.lists(st.tuples(IDS, IDS, PLACES)))
def test_the_faults_are_those_that_tables_in_memory_find(tmp_path_factory, kept, removed, children):
    found = compared(
        tmp_path_factory.mktemp("ids"), kept=kept, removed=removed, children=children, mix=True, characters=200
    )
    readings = Counter((doc_id, reading) for doc_id, reading, _ in kept)
    whole = {doc_id for doc_id, reading in readings if not reading}
    ranks: dict[str, int] = {}
    for doc_id, reading, place in kept:
        if not reading and place.license_class:
            ranks[doc_id] = max(ranks.get(doc_id, 0), CLASSES.index(place.license_class))
    expected = {
        "too": sum(readings.values()) - len(readings) + sum(doc_id in whole for doc_id in removed),
        "lacks": sum(reading > 0 and (doc_id, reading - 1) not in readings for doc_id, reading in readings),
        "itself": sum(doc_id == parent for doc_id, parent, _ in children),
        "freer": sum(
            doc_id != parent
            and place.license_class is not None
            and CLASSES.index(place.license_class) < ranks.get(parent, 0)
            for doc_id, parent, place in children
        ),
        "neither": sum(
            doc_id != parent and parent not in whole and parent not in removed for doc_id, parent, _ in children
        ),
    }
    assert found.found == sum(expected.values())
    if found.found <= len(found.problems):
        said = Counter(word for problem in found.problems for word in expected if f" {word}" in problem)
        assert {word: said[word] for word in expected} == expected

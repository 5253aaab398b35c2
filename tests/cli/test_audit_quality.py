"""`glotmill audit --by quality`: a sheet of a real run, people's files as spreadsheets leave them, and floors in the card."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from glotmill.report.quality_audit import floor
from support.command import glotmill
from support.quality import THAI, Quality, lists, prose, rows

RUN = "out/mchanganyiko/1.0.0"
CARD = "manifests/quality/ona.json"
RECIPE = {
    "name": "mchanganyiko",
    "version": "1.0.0",
    "languages": ["eus_Latn", "tha_Thai"],
    "source": {"kind": "jsonl", "of": "sarea"},
    "steps": [
        {"name": "label", "kind": "permit", "allow": "open-definition", "consent": "record-only"},
        {"name": "clean", "kind": "normalize"},
        {"name": "quality", "kind": "classify", "model": ["ona", "surface"]},
    ],
    "sink": {"kind": "parquet", "partition_by": ["quality_band"]},
}
Edit = Callable[[list[dict[str, str]]], None]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run of Basque, scored by a model, and Thai, scored by the surface."""
    made = Quality(tmp_path_factory.mktemp("rated"), count=60)
    made.recipe(training={"bucket": 1000, "epochs": 5})
    glotmill(*made.command, "--json", cwd=made.folder)
    thai = [*prose(THAI, 6, seed=5), "=1+1 " * 9, "</div><script>x</script> ฝนตก", *lists(THAI, 4, seed=6)]
    data = [*made.data["sarea"], *rows(thai, tag="tha_Thai")]
    made.write("sarea", [{**row, "license": "CC0-1.0"} for row in data])
    (made.folder / "pipelines" / "mchanganyiko.yaml").write_text(json.dumps(RECIPE), encoding="utf-8")
    glotmill("run", "mchanganyiko", "--bind", "sarea=sarea.jsonl", "--out", "out", "--json", cwd=made.folder)
    glotmill("audit", RUN, "--by", "quality", "--n", "90", "--sheet", "orria", cwd=made.folder)
    return made.folder


@pytest.fixture
def card(home: Path) -> Any:
    """Put the card and its page back as they were after training."""
    names = (CARD, "models/ona.md")
    before = {name: (home / name).read_bytes() for name in names}
    yield home / CARD
    for name, data in before.items():
        (home / name).write_bytes(data)


def audit(home: Path, *words: str, code: int = 0) -> str:
    return glotmill("audit", RUN, "--by", "quality", *words, cwd=home, code=code)


def corpus(home: Path) -> dict[str, dict[str, Any]]:
    return {row["doc_id"]: row for row in pq.read_table(home / RUN / "data").to_pylist()}


def fill(
    home: Path, name: str, edit: Edit | None = None, *, by: str = "Miren", form: str = "", drawn: str = "orria.csv"
) -> str:
    """Rate the sheet as a reader would, prose good and lists of words bad, and save it as some spreadsheet does."""
    sheet = list(csv.DictReader((home / drawn).open(encoding="utf-8", newline="")))
    for row in sheet:
        row["rating"] = "bad" if row["text"].count(", ") > 20 or "=1" in row["text"] else "Good"
        row["rated_by"], row["rated_on"] = by, "2026-11-20"
    if edit is not None:
        edit(sheet)
    encoding, delimiter = {"": ("utf-8", ","), "excel": ("utf-8-sig", ";"), "utf-16": ("utf-16", "\t")}[form]
    with (home / name).open("w", encoding=encoding, newline="") as file:
        if form == "excel":
            file.write("sep=;\r\n")
        writer = csv.DictWriter(file, sheet[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(sheet)
    return name


def test_a_sheet_has_as_many_of_each_band_as_there_are_and_does_not_say_which(home: Path) -> None:
    found = json.loads(audit(home, "--n", "90", "--json"))
    bands = {tag: {band: own["drawn"] for band, own in of.items()} for tag, of in found["languages"].items()}
    known = corpus(home).values()
    sizes = {
        (tag, band): sum(row["language"] == tag and row["quality_band"].endswith(f"_{band}") for row in known)
        for tag, band in {(row["language"], row["quality_band"].removeprefix("unaudited_")) for row in known}
    }
    assert sizes["eus_Latn", "hq"] == 15
    assert bands["eus_Latn"]["hq"] == 15  # all of them
    assert all(bands[tag][band] == size for (tag, band), size in sizes.items() if tag == "tha_Thai")
    assert sum(of["all"] for of in bands.values()) == 90
    assert abs(bands["eus_Latn"]["mid"] - bands["eus_Latn"]["low"]) <= 1
    assert all(
        of["all"]["documents"] == sum(row["language"] == tag for row in known) for tag, of in found["languages"].items()
    )
    sheet = list(csv.DictReader((home / "orria.csv").open(encoding="utf-8", newline="")))
    texts = corpus(home)
    assert all(row["text"].strip() == texts[row["doc_id"]]["text"].strip() for row in sheet)
    assert all(not row["text"].startswith("=") for row in sheet)
    for name in ("orria.csv", "orria.html"):
        text = (home / name).read_text(encoding="utf-8")
        assert not any(word in text for word in ("unaudited", "quality_score", "herria0.example"))
    basque = [texts[row["doc_id"]]["quality_band"] for row in sheet if row["language"] == "eus_Latn"]
    assert basque != sorted(basque)
    assert basque != sorted(basque, reverse=True)


def test_the_sample_is_the_same_every_time_and_another_for_one_language(home: Path) -> None:
    before = [(home / f"orria.{kind}").read_bytes() for kind in ("csv", "html")]
    audit(home, "--n", "90", "--sheet", "berriz.html")
    again = [(home / f"berriz.{kind}").read_bytes() for kind in ("csv", "html")]
    assert again == [before[0], before[1].replace(b"orria.csv", b"berriz.csv")]
    one = json.loads(audit(home, "--n", "9", "--language", "th", "--json"))
    assert list(one["languages"]) == ["tha_Thai"]
    assert one["sheet"].startswith("mchanganyiko@1.0.0/9/tha_Thai/")


@pytest.mark.parametrize("form", ["", "excel", "utf-16"])
def test_ratings_of_one_person_become_precision_and_a_floor_however_they_are_saved(
    home: Path, card: Path, form: str
) -> None:
    said = json.loads(audit(home, "--read", fill(home, "one.csv", form=form), "--least-precision", "0.4", "--json"))
    basque = said["languages"]["eus_Latn"]
    assert (basque["hq"]["good"], basque["hq"]["rated"], basque["hq"]["precision"]) == (15, 15, 1.0)
    assert basque["hq"]["low"] == pytest.approx(0.7961)
    assert basque["low"]["good"] == 0
    assert said["agreement"] is None
    assert said["annotators"][0]["by"] == "Miren"
    assert said["floors"]["tha_Thai"]["why_not"] == "no model scored it, so no card can bear a floor"
    written = json.loads(card.read_text(encoding="utf-8"))["languages"]["eus_Latn"]["floor"]
    assert written == said["floors"]["eus_Latn"]["floor"]
    assert written["evidence"].startswith(
        "Rated by Miren on 2026-11-20, blind, from the sheet mchanganyiko@1.0.0/90/all/"
    )
    # Three quarters of mid are prose: 45 of the 60 that are not in hq.
    scores = [
        row["quality_score"]
        for row in corpus(home).values()
        if row["quality_band"] == "unaudited_mid" and row["language"] == "eus_Latn"
    ]
    assert written["least_score"] == min(scores)
    assert said["written"] == [CARD, "models/ona.md"]
    assert f"floor at a score of {written['least_score']:g}" in (home / "models/ona.md").read_text(encoding="utf-8")


def test_rejudge_and_classify_call_bands_audited_once_the_card_has_a_floor(home: Path, card: Path) -> None:
    audit(home, "--n", "400", "--sheet", "dena")  # all of them, whatever is drawn of fewer
    rated = fill(home, "one.csv", drawn="dena.csv")
    audit(home, "--read", rated, "--least-precision", "0.79")  # mid has not that much
    value = {
        **RECIPE,
        "name": "tena",
        "languages": ["eus_Latn"],
        "steps": [*RECIPE["steps"][:2], {**RECIPE["steps"][2], "model": "ona"}],
    }
    (home / "pipelines" / "tena.yaml").write_text(json.dumps(value), encoding="utf-8")
    glotmill("run", "tena", "--bind", "sarea=sarea.jsonl", "--out", "out", "--json", "--restart", cwd=home)
    bands = json.loads(glotmill("rejudge", "out/tena/1.0.0", "--bands", "card", "--json", cwd=home))["bands"]
    assert bands["eus_Latn"] == {"hq": 15, "low": 135}
    found = pq.read_table(home / "out/tena/1.0.0/data").to_pylist()
    assert {row["quality_band"] for row in found if row["language"] == "eus_Latn"} == {"hq", "low"}


def test_two_people_agree_as_far_as_kappa_says_and_good_is_what_both_call_good(home: Path, card: Path) -> None:
    def other(sheet: list[dict[str, str]]) -> None:
        for row in sheet[:9]:
            row["rating"] = "unsure" if row["rating"] == "bad" else "bad"

    words = (
        "--read",
        fill(home, "one.csv"),
        "--read",
        fill(home, "two.csv", other, by=""),
        "--rater",
        "x",
        "--rater",
        "Jon",
    )
    said = json.loads(audit(home, *words, "--json"))
    assert [one["by"] for one in said["annotators"]] == ["Miren", "Jon"]
    assert (said["agreement"]["documents"], said["agreement"]["same"]) == (90, 81)
    assert said["agreement"]["low"] < said["agreement"]["kappa"] < said["agreement"]["high"] < 1
    one, two = said["annotators"]
    total = said["languages"]["eus_Latn"]["all"]["good"] + said["languages"]["tha_Thai"]["all"]["good"]
    assert total == min(one["good"], two["good"])
    assert "they agree on" in json.loads(card.read_text(encoding="utf-8"))["languages"]["eus_Latn"]["floor"]["evidence"]
    assert "agreement: 81 of 90 alike, Cohen's kappa 0." in audit(home, *words)


def test_a_best_band_that_people_do_not_call_good_gets_no_floor(home: Path, card: Path) -> None:
    def sour(sheet: list[dict[str, str]]) -> None:
        for row in sheet:
            row["rating"] = "bad"

    before = card.read_bytes()
    said = json.loads(audit(home, "--read", fill(home, "sour.csv", sour), "--json"))["floors"]["eus_Latn"]
    assert said["floor"] is None
    assert said["why_not"].startswith(
        "precision of hq is 0.00 (0.00 to 0.20, 15 rated), and its interval has to begin at 0.5"
    )
    assert card.read_bytes() == before


@pytest.mark.parametrize(
    ("bands", "score"),
    [
        ({"hq": (20, 0.9, 5.0), "mid": (20, 0.8, 1.0), "low": (20, 0.7, -3.0)}, -3.0),
        ({"hq": (20, 0.9, 5.0), "mid": (20, 0.4, 1.0), "low": (20, 0.7, -3.0)}, 5.0),
        ({"hq": (20, 0.9, 5.0), "mid": (9, 0.9, 1.0)}, 5.0),
        ({"hq": (9, 0.9, 5.0)}, "9 documents in hq are rated, and 10 are the least: draw a greater sheet"),
        ({"mid": (20, 0.9, 5.0)}, "the corpus has no document in hq"),
    ],
)
def test_a_floor_is_where_the_last_good_band_begins(
    bands: dict[str, tuple[int, float, float]], score: float | str
) -> None:
    values = {
        name: {"rated": rated, "low": low, "least_score": least, "precision": 0.95, "high": 1.0}
        for name, (rated, low, least) in bands.items()
    }
    found = floor(values, least=0.5, evidence="Two speakers in this test.")
    assert (found if isinstance(found, str) else found.least_score) == score


def drop(sheet: list[dict[str, str]]) -> None:
    del sheet[4]


def cell(number: int, column: str, value: str) -> Edit:
    def edit(sheet: list[dict[str, str]]) -> None:
        sheet[number][column] = value

    return edit


def twice(sheet: list[dict[str, str]]) -> None:
    sheet.append(sheet[0])


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (drop, "bad.csv lacks 1 of 90 rows, the first is number 5"),
        (cell(0, "rating", ""), "bad.csv, line 2: no rating; write good, bad, or unsure"),
        (cell(1, "rating", "5"), "'5' is no rating; write good, bad or unsure"),
        (cell(0, "doc_id", "1,2E+31"), "bad.csv, line 2: '1,2E+31' is no document of this sheet"),
        (twice, "stands twice"),
        (cell(0, "rated_on", "20.11.2026"), "bad.csv, line 2: '20.11.2026' is no day; write it as 2026-11-27"),
        (cell(0, "rated_by", "\x1b[2JMiren"), "bad.csv, line 2: rated_by is no name of a person: '\\x1b[2JMiren'"),
        (cell(0, "rated_by", "Miren " * 1000), "bad.csv, line 2: rated_by is no name of a person"),
        (cell(0, "rated_by", "Jon"), "rated by Miren, and above by Jon; one file for each of them"),
        (cell(0, "sheet", "mchanganyiko@1.0.0/80/all/000000000000"), "a row of another sheet"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_name_and_line(home: Path, edit: Edit, message: str) -> None:
    before = (home / CARD).read_bytes()
    assert message in audit(home, "--read", fill(home, "bad.csv", edit), code=1)
    assert (home / CARD).read_bytes() == before


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "bad.csv has no column sheet and doc_id and rating"),
        (b"sheet,doc_id,rating\n", "bad.csv has no rows"),
        (b"sheet,doc_id,rating\nx,y,good\n", "bad.csv, line 2: 'x' is no name of a sheet"),
        (b"sheet,doc_id,rating\n\n\nm@1.0.0/90/all/0123456789ab,y,good\n", "bad.csv, line 4: the sheet is 'm@1.0.0/90"),
        (b'sheet;doc_id;rating\n"a\nb";c;good\nd;e;good;1\n', "bad.csv, line 4: 4 cells under 3 columns"),
        (b'sheet,doc_id,rating\n"x,y', "bad.csv, line 2: not readable as CSV"),
        (b"sheet,doc_id,rating,rating\nx,y,good,bad\n", "has the column rating twice"),
        ("sheet,doc_id,rating\nx,y,gu\u00df\n".encode("cp1252"), "bad.csv is not UTF-8 (byte 26)"),
        (b"sheet,doc_id,rating\nx,y," + b"a" * 140_000, "not readable as CSV: field larger than field limit"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(home: Path, data: bytes, message: str) -> None:
    (home / "bad.csv").write_bytes(data)
    assert message in audit(home, "--read", "bad.csv", code=1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--n", "3"), "3 documents cannot be drawn from"),
        (("--language", "de"), "has no document with a band of quality in deu_Latn"),
        (("--read", "one.csv", "--n", "9"), "do not go with --read"),
        (("--read", "one.csv", "--read", "one.csv", "--read", "one.csv"), "3 files: give those of one or two people"),
        (("--read", "one.csv", "--rater", "a", "--rater", "b"), "more --rater than --read"),
    ],
)
def test_wrong_usage_is_said_so(home: Path, words: tuple[str, ...], message: str) -> None:
    fill(home, "one.csv")
    assert message in audit(home, *words, code=2)


def test_nobody_agrees_with_themselves_and_every_file_says_whose_it_is(home: Path, card: Path) -> None:
    one = fill(home, "one.csv")
    assert "both are rated by Miren" in audit(home, "--read", one, "--read", one, code=1)
    nameless = fill(home, "nameless.csv", by="")
    assert "nameless.csv: who rated? Fill in rated_by, or give --rater NAME" in audit(home, "--read", nameless, code=1)
    assert "(2026-11-20)" in audit(home, "--read", nameless, "--rater", "Jon")


def test_ratings_of_another_models_scores_are_not_written_into_this_card(home: Path, card: Path) -> None:
    text = card.read_text(encoding="utf-8")
    old = json.loads(text)["sha256"]
    card.write_text(text.replace(old, "a" * 64), encoding="utf-8")
    assert "was scored by another ona" in audit(home, "--read", fill(home, "one.csv"), code=2)


def test_options_of_quality_and_gate_do_not_mix_and_a_run_without_scores_says_so(home: Path) -> None:
    assert "--n: only with --by quality" in glotmill("audit", RUN, "--n", "9", cwd=home, code=2)
    value = {
        **RECIPE,
        "name": "bila",
        "steps": RECIPE["steps"][:2],
        "sink": {"kind": "parquet", "partition_by": ["license_class"]},
    }
    (home / "pipelines" / "bila.yaml").write_text(json.dumps(value), encoding="utf-8")
    glotmill("run", "bila", "--bind", "sarea=sarea.jsonl", "--out", "out", "--json", cwd=home)
    said = glotmill("audit", "out/bila/1.0.0", "--by", "quality", cwd=home, code=2)
    assert "stores no bands of quality (quality_band, quality_score)" in said

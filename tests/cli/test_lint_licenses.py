"""`glotmill lint-licenses` as people call it: every kind of file, exit codes, and files made to hurt."""

import gzip
import json
from pathlib import Path

import pytest

from glotmill.report import license_tables
from support.command import glotmill

CARD = """\
---
pretty_name: Ipuin bilduma
license: cc-by-4.0
source_datasets: [extended|albisteak]
---
# Open tales

Collected from https://ipuinak.example

## Permissive parts

| Data set | License | URL |
|:--|:-:|--:|
| [albisteak](https://albisteak.example/) | [CC-BY-NC-4.0](https://creativecommons.org/licenses/by-nc/4.0/) | |
| นิทานไทย | CC-BY-SA-4.0 | https://nithan.example |

Text with a | bar, and code:

| not | a table |

### Not open

Data set | Licence
--- | ---
কবিতা | `CC-BY-ND-4.0`
"""


def linted(home: Path, *words: str, code: int) -> dict:
    return json.loads(glotmill("lint-licenses", *words, "--json", cwd=home, code=code))


def lines(found: dict) -> list[tuple[str, str, int, str]]:
    return [(one["severity"], one["code"], one["row"], one["field"]) for one in found["findings"]]


def test_a_card_and_the_tables_in_it_are_one_composite(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD, encoding="utf-8")
    found = linted(tmp_path, "README.md", code=1)
    assert lines(found) == [
        ("error", "freer_than_parts", 3, "license"),
        ("error", "not_open", 14, "License"),
        ("error", "no_source", 25, "Licence"),
    ]
    assert (found["entries"], found["errors"], found["warnings"]) == (4, 3, 0)
    said = glotmill("lint-licenses", "README.md", cwd=tmp_path, code=1)
    assert "error: README.md:14: License: 'CC-BY-NC-4.0' CC-BY-NC-4.0 is noncommercial, and heading 'Permissive parts' calls it open [not_open]\n" in said  # fmt: skip
    assert said.endswith("4 entries: 3 errors, 0 warnings, 0 notes\n")


def test_a_card_without_license_and_one_with_a_good_one(tmp_path: Path) -> None:
    (tmp_path / "none.md").write_text("# Ipuinak\n", encoding="utf-8")
    assert lines(linted(tmp_path, "none.md", code=1)) == [("error", "no_license", 1, "license")]
    (tmp_path / "good.md").write_text("---\r\nlicense: cc-by-sa-4.0\r\n---\r\n", encoding="utf-8")
    assert linted(tmp_path, "good.md", code=0)["findings"] == []


@pytest.mark.parametrize(("name", "mark"), [("t.tsv", "\t"), ("t.csv", ","), ("t.csv", ";")])
def test_rows_of_tables_are_named_by_their_line(tmp_path: Path, name: str, mark: str) -> None:
    rows = [
        ("Data Set", "Licence", "permissive", "url"),
        ("kitabu", "CC-BY-NC-4.0", "yes", "https://a.example"),
        ("kitabu", "CC-BY-4.0", "yes", "https://a.example"),
        ("ሥነ ግጥም", "Unknown", "", "https://b.example"),
        ("", "", "", ""),
        ("şiir", '"CC0-1.0"', "yes", ""),
    ]
    text = "\ufeff" + "\r\n".join(mark.join(row) for row in rows)
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert lines(linted(tmp_path, name, code=1)) == [
        ("error", "not_open", 2, "Licence"),
        ("error", "duplicate", 3, "Licence"),
        ("error", "says_nothing", 4, "Licence"),
        ("error", "no_source", 6, "Licence"),
    ]


OBJECTS = [
    {"id": "a/hadithi", "sha": "1", "cardData": {"license": ["mit", "CC-BY-4.0"]}, "url": "https://a.example"},
    {"name": "mix", "license": "CC0-1.0", "url": "u", "parts": [{"name": "p", "license": "CC-BY-SA-3.0", "url": "v"}]},
    {"permissive": {"q": {"license": "CC-BY-ND-4.0", "url": "w"}}},
    {"licenses": [{"License": "Custom", "License URL": "https://c.example"}], "name": "r"},
]
FOUND = [
    ("note", "software", 1, "cardData.license"),
    ("warning", "list", 1, "cardData.license"),
    ("error", "freer_than_parts", 2, "license"),
    ("error", "not_open", 3, "permissive.q.license"),
    ("error", "says_nothing", 4, "licenses"),
]


def test_objects_with_a_license_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(OBJECTS), encoding="utf-8")
    numbered = [(1, 0), (2, 1), (4, 2), (5, 3)]  # the part of the second is the third entry
    found = linted(tmp_path, "t.json", code=1)
    places = {line: (number, index) for line, (number, index) in zip((1, 2, 3, 4), numbered, strict=True)}
    assert lines(found) == [
        (severity, code, places[line][0], f"[{places[line][1]}].{field}") for severity, code, line, field in FOUND
    ]


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz"])
def test_lines_of_json_are_named_by_their_number_and_a_broken_one_is_an_error(tmp_path: Path, name: str) -> None:
    data = "\n".join([*(json.dumps(one) for one in OBJECTS), "{"]).encode()
    (tmp_path / name).write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    assert lines(linted(tmp_path, name, code=1)) == [*FOUND, ("error", "unreadable", 5, "")]


def test_a_column_of_another_name_is_named_and_a_wrong_name_gets_near_ones(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("corpus\tlizentzia\turl\nipuinak\tCC0-1.0\thttps://x.example\n", encoding="utf-8")
    assert linted(tmp_path, "t.tsv", "--column", "lizentzia", code=0)["entries"] == 1
    said = glotmill("lint-licenses", "t.tsv", cwd=tmp_path, code=2)
    assert "t.tsv: no column is called license\n  Name it with --column. Columns: corpus, lizentzia, url." in said
    assert "Did you mean lizentzia?" in glotmill("lint-licenses", "t.tsv", "--column", "lizentia", cwd=tmp_path, code=2)


def test_blank_lines_above_a_table_are_counted_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\n\nname,license,url\nкниги,other,u\n", encoding="utf-8")
    assert lines(linted(tmp_path, "t.csv", code=1)) == [("error", "says_nothing", 4, "license")]


def test_notes_and_warnings_alone_are_exit_code_0(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,license,url\nа,CC BY 4.0,u\nб,mit,u\n", encoding="utf-8")
    found = linted(tmp_path, "t.csv", code=0)
    assert (found["errors"], found["warnings"], found["notes"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.pdf", b"%PDF", "not a kind of table that is known"),
        ("t.csv", b"", "no column is called license"),
        ("t.csv", b'license,url\na,"b\n' + b"c\n" * 600_000, "is a quote left open?"),
        ("t.tsv", b"license\n" + b"z" * (license_tables.MAX_LINE + 1), "line 2 is longer than 1048576 bytes"),
        ("t.tsv", b"license\n\xff\n", "line 2: not UTF-8 at byte 0"),
        ("t.json", b"[" * 200_000, "not JSON"),
        ("t.json", b"[0]" + b" " * license_tables.MAX_JSON, "Write it as JSON Lines"),
        ("t.json", b'{"a": 1}', "no key 'license'"),
        ("t.md", b"---\na: &a [x, x]\nlicense: *a\n---\n", "YAML aliases (*name) are not supported"),
        ("t.md", b"---\nlicense: " + b"[" * 200_000 + b"\n---\n", "nested deeper than 60 levels"),
        (
            "t.md",
            b"---\n" + b"".join(b" " * depth + b"k:\n" for depth in range(470)) + b"---\n",
            "not readable as YAML",
        ),
        ("t.md", b"---\nlicense: a\nlicense: b\n---\n", "key 'license' stands twice"),
        ("t.md", b"---\n- a\n---\n", "the front matter must be a mapping"),
        ("t.md", b"---\nlicense: a\n", "the front matter has no end"),
        ("t.md", b"---\na: " + b"x" * license_tables.MAX_MATTER + b"\n---\n", "front matter larger than 262144 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_wrong_usage_and_says_why(
    tmp_path: Path, name: str, content: bytes, message: str
):
    (tmp_path / name).write_bytes(content)
    said = glotmill("lint-licenses", name, cwd=tmp_path, code=2)
    assert message in said
    assert name in said


def test_what_is_nested_too_deep_or_goes_on_too_long_is_cut_and_said(tmp_path: Path, monkeypatch) -> None:
    deep = '{"a":' * 200 + '{"license": "MIT"}' + "}" * 200
    (tmp_path / "t.json").write_text(deep, encoding="utf-8")
    (found,) = linted(tmp_path, "t.json", code=1)["findings"]
    assert (found["code"], found["message"]) == ("unreadable", "nested deeper than 60 levels")
    monkeypatch.setattr(license_tables, "MAX_ROWS", 3)
    (tmp_path / "t.csv").write_text("license,url\n" + "CC0-1.0,u\n" * 10, encoding="utf-8")
    found = linted(tmp_path, "t.csv", code=1)
    assert (found["entries"], found["findings"][0]["message"]) == (3, "only the first 3 rows were read")


def test_no_such_file_is_an_error(tmp_path: Path) -> None:
    assert "nowhere.md: no such file" in glotmill("lint-licenses", "nowhere.md", cwd=tmp_path, code=1)


def test_a_table_that_a_spreadsheet_wrote_in_utf_16_is_read(tmp_path: Path) -> None:
    rows = "name\tlicense\turl\r\nនិទាន\tCC-BY-4.0\thttps://x.example\r\nนิทาน\tother\thttps://y.example\r\n"
    for encoding in ("utf-16", "utf-16-be"):
        (tmp_path / "t.csv").write_bytes((rows if encoding == "utf-16" else f"\ufeff{rows}").encode(encoding))
        assert lines(linted(tmp_path, "t.csv", code=1)) == [("error", "says_nothing", 3, "license")]
    (tmp_path / "t.csv").write_bytes(rows.encode("utf-16")[:-1])
    assert "not UTF-16" in glotmill("lint-licenses", "t.csv", cwd=tmp_path, code=2)

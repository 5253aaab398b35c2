"""`glotmill review-licenses`: hosts of a real run by weight, a sheet for people, and what their word changes."""

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from resiliparse.parse.html import HTMLTree

from support.chromium import CHROMIUM, chromium
from support.command import glotmill

RUN = "out/guneak/1.0.0"
CC = "https://creativecommons.org/licenses"
SOURCE = """\
name: Pages of a test
license: {expression: per-page, evidence: each page names its license}
terms: none
contact: x@example.org
"""
RECIPE = """\
name: guneak
version: 1.0.0
languages: [eus_Latn, arb_Arab]
source: {kind: jsonl, of: orriak, columns: {url: url, html: html, title: title, language: language}}
steps:
  - {name: text, kind: extract, engine: resiliparse}
  - {name: rights, kind: permit, allow: open-definition, consent: strictest}
sink: {kind: parquet, partition_by: [license_class]}
"""
ARABIC = "<p>فتح السوق أبوابه هذا الصباح وجاء الناس من القرى.</p>"
PAGES = [
    ("https://www.handia.example/1", "<p>Zubi zaharra konpontzen hasi dira herrian.</p>" * 9, f'<a href="{CC}/by/4.0/">CC BY</a>'),
    ("https://handia.example/2", "<p>Azoka ireki dute plazan gaur goizean.</p>" * 9, f'<a href="{CC}/by/4.0/">CC BY</a>'),
    ("https://handia.example/3", "<p>Mendian elurra egin du gaur gauean.</p>", "CC BY 4.0"),
    ("https://soukna.example/1", ARABIC, f'<a rel="license" href="{CC}/by-sa/4.0/">الرخصة</a>'),
    ("https://gaiztoa.example/<b>", "<p>&lt;script&gt;alert(1)&lt;/script&gt; =1+1</p>", f'<a href="{CC}/by/4.0/">"&gt;&lt;img src=x onerror=alert(1)&gt;</a>'),
    ("https://itxia.example/1", "<p>Testu itxia.</p>", "© Eskubide guztiak gordeta"),
    (None, "<p>Helbiderik gabe.</p>", f'<a href="{CC}/by/4.0/">CC BY</a>'),
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a finished run of seven pages."""
    home = tmp_path_factory.mktemp("guneak")
    for folder in ("pipelines", "manifests/sources"):
        (home / folder).mkdir(parents=True)
    (home / "pipelines/guneak.yaml").write_text(RECIPE, encoding="utf-8")
    (home / "manifests/sources/orriak.yaml").write_text(SOURCE, encoding="utf-8")
    rows = [
        {
            "url": url,
            "title": "عنوان" if body is ARABIC else None,
            "language": "arb_Arab" if body is ARABIC else "eus_Latn",
            "html": f"<html><body>{body}<footer>{footer}</footer></body></html>",
        }
        for url, body, footer in PAGES
    ]
    (home / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    glotmill("run", "guneak", "--bind", "orriak=pages.jsonl", "--out", "out", cwd=home)
    return home


def found(home: Path, *words: str) -> dict[str, Any]:
    return json.loads(glotmill("review-licenses", RUN, "--json", *words, cwd=home))


def test_hosts_are_ranked_by_tokens_with_what_their_pages_say(home: Path):
    hosts = found(home)["hosts"]
    assert [host["host"] for host in hosts] == ["handia.example", "soukna.example", "gaiztoa.example", "itxia.example"]
    assert [host["tokens"] for host in hosts] == sorted((host["tokens"] for host in hosts), reverse=True)
    (big, *_) = hosts
    assert (big["kept"], big["dropped"], big["license"], big["share"]) == (2, 1, "CC-BY-4.0", 1.0)
    assert big["marks"] == [
        {"fate": "kept", "license": "CC-BY-4.0", "state": "declared", "signal": "footer-link", "pages": 2},
        {"fate": "dropped", "license": "CC-BY-4.0", "state": "weak", "signal": "footer-text", "pages": 1},
    ]
    assert hosts[-1]["license"] == "LicenseRef-all-rights-reserved"
    assert [host["host"] for host in found(home, "--hosts", "1")["hosts"]] == ["handia.example"]
    assert "handia.example" in glotmill("review-licenses", RUN, cwd=home)


def test_sheet_shows_texts_in_their_own_direction_and_runs_nothing_of_theirs(home: Path):
    written = found(home, "--sheet", "begira.html")["written"]
    assert written == ["begira.html", "begira.csv"]
    html = (home / "begira.html").read_text(encoding="utf-8")
    document = HTMLTree.parse(html).document
    assert document is not None
    assert len(document.query_selector_all("section")) == 4
    assert len(document.query_selector_all("script")) == 1
    assert len(document.query_selector_all("img")) == 0
    assert document.query_selector('blockquote[lang="ar"]') is not None
    assert document.query_selector('cite[dir="auto"]').text == "عنوان"
    assert "default-src 'none'" in html
    assert not any(f"{name}=http" in html.replace('"', "") for name in ("src", "action"))
    assert found(home, "--sheet", "bi", "--samples", "1")["written"] == ["bi.html", "bi.csv"]
    one = HTMLTree.parse((home / "bi.html").read_text(encoding="utf-8")).document
    assert one is not None
    assert len(one.query_selector_all("article")) == 4


def decide(home: Path, said: dict[str, dict[str, str]], name: str = "begira.csv") -> None:
    glotmill("review-licenses", RUN, "--sheet", "sheet", cwd=home)
    rows = list(csv.DictReader((home / "sheet.csv").open(encoding="utf-8", newline="")))
    for row in rows:
        row.update(said.get(row["host"], {}))
    with (home / name).open("w", encoding="utf-8-sig", newline="") as file:  # as spreadsheets write it
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_decisions_are_kept_and_stay_those_of_who_made_them(home: Path):
    said = {
        "handia.example": {"verdict": "Verified", "license": "cc-by-4.0", "covers": "all", "note": "=1+1"},
        "gaiztoa.example": {"verdict": "rejected", "decided_by": "Miren", "decided_on": "2026-10-01"},
    }
    decide(home, said)
    first = json.loads(glotmill("review-licenses", RUN, "--read", "begira.csv", "--by", "Ane", "--json", cwd=home))
    assert (first["verified"], first["rejected"]) == (1, 1)
    file = home / "manifests/site_licenses.yaml"
    by_host = {one["host"]: one for one in yaml.safe_load(file.read_text(encoding="utf-8"))["decisions"]}
    verified, rejected = by_host["handia.example"], by_host["gaiztoa.example"]
    assert (verified["license"], verified["covers"], verified["decided_by"]) == ("CC-BY-4.0", "all", "Ane")
    assert verified["evidence"].startswith("=1+1 In guneak@1.0.0: CC-BY-4.0 declared by footer-link: 2 kept; ")
    assert (rejected["decided_by"], rejected["decided_on"], "license" in rejected) == ("Miren", "2026-10-01", False)
    before = file.read_bytes()
    decide(home, {"soukna.example": {"verdict": "rejected"}})
    again = json.loads(glotmill("review-licenses", RUN, "--read", "begira.csv", "--by", "Jon", "--json", cwd=home))
    assert again["changed"] == ["soukna.example"]
    assert before.decode().partition("- host: soukna")[0] in file.read_text(encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace("CC-BY-4.0\n", "CC-BY-9.0\n", 1), encoding="utf-8")
    assert "no such license: 'CC-BY-9.0'" in glotmill("check", "--project", ".", cwd=home, code=2)
    file.unlink()


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; apt-get install chromium")
def test_keys_decide_in_a_browser_and_what_it_saves_is_read_back(home: Path, tmp_path: Path):
    glotmill("review-licenses", RUN, "--sheet", "nabigatzailea", cwd=home)
    address = (home / "nabigatzailea.html").as_uri()

    async def session() -> str:
        async with chromium(tmp_path / "profile", tmp_path) as tab:
            await tab.open(address)
            await tab.press("v", "j", "r", "n")
            await tab.write("=ez, inola ere")
            await tab.press("Escape")
            await tab.open(address)
            done = await tab.evaluate("document.getElementById('done').textContent")
            await tab.press("s")
            await tab.until("Browser.downloadProgress", state="completed")
            return done

    assert asyncio.run(session()) == "2 / 4"
    rows = list(csv.DictReader((tmp_path / "nabigatzailea.csv").open(encoding="utf-8", newline="")))
    assert [(row["verdict"], row["note"]) for row in rows[:3]] == [
        ("verified", ""),
        ("rejected", " =ez, inola ere"),
        ("", ""),
    ]
    (home / "nabigatzailea.csv").write_bytes((tmp_path / "nabigatzailea.csv").read_bytes())
    words = ("--read", "nabigatzailea.csv", "--by", "Ane", "--json")
    said = json.loads(glotmill("review-licenses", RUN, *words, cwd=home))
    assert (said["verified"], said["rejected"]) == (1, 1)
    (home / "manifests/site_licenses.yaml").unlink()


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ";"), ("utf-8", ";"), ("utf-8", "\t"), ("utf-16", "\t"), ("utf-16-be", ";")],
)
def test_sheets_of_spreadsheets_of_any_country_are_read(home: Path, encoding: str, delimiter: str):
    decide(home, {"soukna.example": {"verdict": "rejected", "note": "السوق; 1,5"}})
    rows = list(csv.DictReader((home / "begira.csv").open(encoding="utf-8-sig", newline="")))
    with (home / "taula.csv").open("w", encoding=encoding, newline="") as file:
        file.write("\ufeff" if encoding == "utf-16-be" else "")
        writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    taken = json.loads(glotmill("review-licenses", RUN, "--read", "taula.csv", "--by", "Ane", "--json", cwd=home))
    assert (taken["rejected"], taken["changed"]) == (1, ["soukna.example"])
    (decision,) = yaml.safe_load((home / "manifests/site_licenses.yaml").read_text(encoding="utf-8"))["decisions"]
    assert decision["evidence"].startswith("السوق; 1,5 In guneak@1.0.0: ")
    (home / "manifests/site_licenses.yaml").unlink()


def test_another_persons_decision_is_replaced_aloud(home: Path):
    decide(home, {"soukna.example": {"verdict": "rejected", "decided_by": "Ane"}})
    glotmill("review-licenses", RUN, "--read", "begira.csv", cwd=home)
    decide(home, {"soukna.example": {"verdict": "rejected", "decided_by": ""}})
    said = glotmill("review-licenses", RUN, "--read", "begira.csv", "--by", "Jon", cwd=home)
    assert "soukna.example: replaces the decision of Ane\n" in said
    (home / "manifests/site_licenses.yaml").unlink()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"verdict": "yes"}, "row 2: 'yes' is no verdict; write verified, rejected or nothing"),
        ({"verdict": "verified", "license": "free"}, "row 2: 'free' is no license of texts"),
        ({"verdict": "verified", "license": "ODbL-1.0"}, "row 2: 'ODbL-1.0' is no license of texts"),
        ({"verdict": "verified", "covers": "some"}, "row 2: 'some': write marked"),
        ({"verdict": "verified", "decided_by": ""}, "row 2: who decided?"),
        (
            {"verdict": "verified", "decided_by": "Ane", "decided_on": "27.11.2026"},
            "row 2: decided_on is '27.11.2026'; write the day as year-month-day, as in 2",
        ),
        (
            {"verdict": "verified", "decided_by": "Ane", "decided_on": "2999-01-01"},
            "row 2: decided_on is 2999-01-01, which is yet to come; write",
        ),
        ({"host": "beste.example", "verdict": "rejected"}, "row 2: 'beste.example' is no host of this run"),
    ],
)
def test_sheet_that_cannot_be_meant_is_refused_by_row(home: Path, said: dict[str, str], message: str):
    decide(home, {"handia.example": said}, "okerra.csv")
    assert message in glotmill("review-licenses", RUN, "--read", "okerra.csv", cwd=home, code=1)
    assert not (home / "manifests/site_licenses.yaml").exists()


@pytest.mark.parametrize("text", ["", "host,verdict\nx,rejected\n", "\x00", 'host,verdict,license,note\n"a'])
def test_file_that_is_no_sheet_is_refused_or_decides_nothing(home: Path, text: str):
    (home / "ez.csv").write_text(text, encoding="utf-8")
    code = 0 if text.startswith("host,verdict,license,note") else 1
    glotmill("review-licenses", RUN, "--read", "ez.csv", "--by", "Ane", cwd=home, code=code)
    assert not (home / "manifests/site_licenses.yaml").exists()


def test_folder_without_a_run_is_refused(home: Path):
    assert "holds no manifest.json" in glotmill("review-licenses", "out", cwd=home, code=2)

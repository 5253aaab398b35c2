"""`glotmill audit`: the findings of a real run, a sheet for people, and what their word changes."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from support.command import glotmill

RUN = "out/swh-web/0.1.0"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """A project with a finished run of an audited gate that looks for Swahili and rejects Chinese and Turkish."""
    if not (models_dir / "lid176" / "lid.176.ftz").is_file():
        pytest.skip("lid176 is not fetched; `make` fetches it")
    folder = tmp_path_factory.mktemp("audited")
    glotmill("init", "kiswahili", "--language", "swh_Latn", cwd=folder)
    home = folder / "kiswahili"
    recipe = home / "pipelines" / "swh-web.yaml"
    changed = recipe.read_text(encoding="utf-8").replace(
        "{name: gate,     kind: gate}",
        "{name: gate, kind: gate, audit: {share: 1, model: lid176, engine: resiliparse}}",
    )
    recipe.write_text(changed, encoding="utf-8")
    turkish = "<p>" + "Dün akşam köyde düğün vardı, davul zurna sesi dağlara kadar yankılandı. " * 6
    formula = "<p>=TOPLA(A1) " + "Balıkçılar sabah erkenden denize açıldı ve öğleden sonra döndü. " * 6
    (home / "pages.jsonl").write_text(
        "".join(
            json.dumps({"html": f"<html><body>{body}</p></body></html>", "url": f"https://köy.example/{number}"}) + "\n"
            for number, body in enumerate([turkish, formula])
        ),
        encoding="utf-8",
    )
    recipe.write_text(
        recipe.read_text(encoding="utf-8").replace(
            "{kind: warc, of: swh-pages}", "{kind: jsonl, of: swh-pages, columns: {html: html, url: url}}"
        ),
        encoding="utf-8",
    )
    glotmill("run", "swh-web", "--bind", "swh-pages=pages.jsonl", "--out", "out", "--models", str(models_dir), cwd=home)
    return home


def test_a_sheet_has_every_audited_page_and_people_can_overrule_the_judge(home: Path):
    said = glotmill("audit", RUN, "--sheet", "look.csv", cwd=home)
    assert "plain: 2 of 2 rejects audited" in said
    assert "2 audited pages written to look.csv" in said
    rows = list(csv.DictReader((home / "look.csv").open(encoding="utf-8")))
    assert {row["judge"] for row in rows} == {"-"}
    assert all(row["evidence"].startswith("label tr, score ") for row in rows)
    assert sorted(row["text"][:4] for row in rows) == [" =TO", "Dün "]  # no formula for a spreadsheet
    rows[0]["person"], rows[1]["person"] = "sw", "-"
    with (home / "done.csv").open("w", encoding="utf-16", newline="") as file:  # as Excel's "Unicode text"
        writer = csv.DictWriter(file, rows[0].keys(), delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    before = json.loads(glotmill("audit", RUN, "--json", cwd=home))["gate"]
    after = json.loads(glotmill("audit", RUN, "--read", "done.csv", "--json", cwd=home))["gate"]
    assert before["languages"]["swh_Latn"]["lost"] == 0
    assert (after["looked_at"], after["overruled"]) == (2, 1)
    assert after["languages"]["swh_Latn"]["lost"] == 1
    assert after["strata"] == before["strata"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("url,person\nx,sw\n", "has no column doc_id"),
        ("doc_id,person\nx,swahili!\n", "wrong.csv, line 2: 'swahili!' is no language"),
        ("doc_id;person\nx;sw\nx;-\n", "wrong.csv, line 3: x stands twice"),
        ("doc_id,person\nx,sw,-\n", "wrong.csv, line 2: 3 cells under 2 columns"),
        ("doc_id,person,text\nx,sw," + "a" * 140_000, "not readable as CSV: field larger than field limit"),
        ("doc_id,person\nx,sw\n", "1 rows of the sheet are no audited pages of this run: x"),
    ],
)
def test_a_sheet_that_cannot_be_meant_is_refused(home: Path, text: str, message: str):
    csv.field_size_limit(10_000_000)  # as reading a license table leaves it, and it is the whole process's
    (home / "wrong.csv").write_text(text, encoding="utf-8")
    assert message in glotmill("audit", RUN, "--read", "wrong.csv", cwd=home, code=1)
    assert "wrong.csv" in glotmill("audit", RUN, "--read", "wrong.csv", cwd=home, code=1) or "this run" in message


def test_a_run_without_an_audit_says_how_to_have_one(home: Path, tmp_path: Path):
    manifest = json.loads((home / RUN / "manifest.json").read_text(encoding="utf-8"))
    for step in manifest["recipe"]["steps"]:
        step.pop("audit", None)
    copy = tmp_path / "0.1.0"
    shutil.copytree(home / RUN, copy)
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "has no audited gate; give its step `audit:" in glotmill("audit", str(copy), cwd=home, code=2)

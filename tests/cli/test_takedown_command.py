"""`glotmill takedown`: what it says, refuses and leaves; and that neither run, update nor crawl brings anything back."""

import json
from pathlib import Path

import pytest

from support.command import glotmill
from support.takedowns import everything, holding
from support.web import serving

RECIPE = """\
name: hadithi
version: 1.0.0
languages: [swh_Latn]
source: {kind: jsonl, of: hadithi}
steps:
  - {name: rights, kind: permit, allow: open-definition, consent: record-only}
  - {name: clean, kind: normalize}
  - {name: exact, kind: exact_dedup}
sink: {kind: parquet, partition_by: [license_class]}
"""
SOURCE = "name: h\nlicense: {expression: per-page, evidence: every row names its license}\nterms: none\ncontact: a@example.org\n"
STORIES = [
    "Mvuvi aliamka kabla ya jua kuchomoza akaenda baharini na mtumbwi wake mdogo.",
    "Watoto walipanda miembe kando ya shule, na kila mmoja alimwagilia mti wake.",
    "Bibi alisimulia hadithi ya sungura na fisi huku mvua ikinyesha usiku kucha.",
]
RUN = "out/hadithi/1.0.0"
PAGE = "https://hadithi.example/1"


def write(home: Path, folder: str, texts: list[str], site: str = "hadithi.example") -> None:
    (home / folder).mkdir(parents=True, exist_ok=True)
    rows = [
        {"text": text, "license": "CC-BY-4.0", "language": "swh_Latn", "url": f"https://{site}/{number}"}
        for number, text in enumerate(texts)
    ]
    (home / folder / "stories.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in (("pipelines/hadithi.yaml", RECIPE), ("manifests/sources/hadithi.yaml", SOURCE)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    write(tmp_path, "old", STORIES)
    glotmill("run", "hadithi", "--bind", "hadithi=old", "--out", "out", cwd=tmp_path)
    return tmp_path


def test_a_dry_run_shows_what_would_go_and_changes_nothing(home: Path) -> None:
    before = everything(home)
    said = glotmill("takedown", RUN, "--url", PAGE, "--dry-run", cwd=home)
    assert "1 documents" in said
    assert PAGE in said
    assert "nothing was changed" in said
    value = json.loads(glotmill("takedown", RUN, "--domain", "hadithi.example", "--dry-run", "--json", cwd=home))
    assert [row["url"] for row in value["runs"][0]["listed"]] == [f"https://hadithi.example/{n}" for n in range(3)]
    assert value["runs"][0]["relations"] == {"named": 3}
    assert everything(home) == before


def test_what_was_taken_down_stays_out_of_runs_and_updates(home: Path) -> None:
    said = glotmill("takedown", RUN, "--url", PAGE, "--by", "Barua", "--requested", "2026-11-20", cwd=home)
    assert "hadithi@1.0.0: 1 documents" in said
    assert "release 1.0.0 -> 2.0.0" in said
    assert "0 problems" in glotmill("verify", RUN, cwd=home)
    assert "nothing to do" in glotmill("takedown", RUN, "--url", PAGE, cwd=home)
    assert json.loads(glotmill("takedown", RUN, "--url", PAGE, "--json", cwd=home))["changed"] is False
    assert "taken down" in glotmill("why", RUN, PAGE, cwd=home)
    assert holding(home / "out", STORIES[1]) == []
    assert "2 kept" in glotmill("run", "hadithi", "--bind", "hadithi=old", "--out", "out", cwd=home)
    assert "2 kept" in glotmill("run", "hadithi", "--bind", "hadithi=old", "--out", "elsewhere", cwd=home)
    assert "tombstones.document" in glotmill("funnel", "elsewhere/hadithi/1.0.0", cwd=home)
    write(home, "new", STORIES[1:2], site="kioo.example")
    made = json.loads(glotmill("update", RUN, "--with", "new", "--json", cwd=home))
    assert (made["kept"], made["dropped"]) == (0, 1)
    assert "tombstones.text" in glotmill("funnel", f"{RUN}-delta1", cwd=home)
    assert holding(home / "out", STORIES[1]) == holding(home / "elsewhere", STORIES[1]) == []
    assert json.loads(glotmill("check", "--json", cwd=home))["problems"] == {}


def test_tombstones_of_a_project_reach_updates_of_its_other_corpora(home: Path) -> None:
    recipe = home / "pipelines/hadithi.yaml"
    recipe.write_text(RECIPE.replace("name: hadithi\n", "name: nyingine\n", 1), encoding="utf-8")
    write(home, "bare", STORIES[:1], site="nyingine.example")
    glotmill("run", "nyingine", "--bind", "hadithi=bare", "--out", "out", "--project", str(home), cwd=home, code=2)
    recipe.rename(home / "pipelines/nyingine.yaml")
    glotmill("run", "nyingine", "--bind", "hadithi=bare", "--out", "out", cwd=home)
    glotmill("takedown", RUN, "--url", PAGE, cwd=home)
    write(home, "new", STORIES[1:], site="kioo.example")
    made = json.loads(glotmill("update", "out/nyingine/1.0.0", "--with", "new", "--json", cwd=home))
    assert (made["kept"], made["dropped"]) == (1, 1)


def test_usage_that_cannot_be_meant_is_refused(home: Path) -> None:
    before = everything(home)
    assert "name something" in glotmill("takedown", RUN, cwd=home, code=2)
    assert "public suffix" in glotmill("takedown", RUN, "--domain", "co.uk", cwd=home, code=2)
    assert "2026-11-27" in glotmill("takedown", RUN, "--url", PAGE, "--requested", "gestern", cwd=home, code=2)
    assert "manifest.json" in glotmill("takedown", "out", "--url", PAGE, cwd=home, code=2)
    glotmill("takedown", RUN, "--file", "missing.txt", cwd=home, code=1)
    glotmill("takedown", RUN, "--url", PAGE, "--warc", "missing", cwd=home, code=2)
    assert everything(home) == before


def test_outside_a_project_it_says_where_the_tombstones_have_to_go(home: Path, tmp_path_factory) -> None:
    bare = tmp_path_factory.mktemp("bare")
    said = glotmill("takedown", str(home / RUN), "--url", PAGE, cwd=bare)
    assert "is no project" in said
    assert list(bare.iterdir()) == []
    tombstones = (home / RUN / "tombstones.txt").read_text(encoding="utf-8")
    (home / "manifests/tombstones.txt").write_text(tombstones, encoding="utf-8")
    assert "nothing to do" in glotmill("takedown", RUN, "--url", PAGE, cwd=home)
    assert "2 kept" in glotmill("run", "hadithi", "--bind", "hadithi=old", "--out", "elsewhere", cwd=home)


def test_what_was_interrupted_goes_on_by_the_same_command_and_nothing_else_works_meanwhile(home: Path) -> None:
    from glotmill.provenance.folder import RunFolder
    from glotmill.run.takedown.carrying import begin
    from support.takedowns import planned

    begin(planned(RunFolder(str(home / RUN)), urls=[PAGE], project=home))
    for words in (("run", "hadithi", "--bind", "hadithi=old", "--out", "out"), ("index", RUN)):
        assert "was interrupted" in glotmill(*words, cwd=home, code=2)
    assert "was interrupted" in glotmill("takedown", RUN, "--url", PAGE, "--dry-run", cwd=home, code=2)
    said = glotmill("takedown", RUN, cwd=home)
    assert "hadithi@1.0.0: 1 documents" in said
    assert "nothing to do" in glotmill("takedown", RUN, "--url", PAGE, cwd=home)
    assert "0 problems" in glotmill("verify", RUN, cwd=home)
    assert "stays out" in glotmill("takedown", RUN, "--url", "https://never.example/", cwd=home)


TEXTS = [
    "Gaur goizean baserritarrek sagarrak eta gazta eraman dituzte herriko azokara, eta umeek taloa jan dute plazan.",
    "Ibaiaren gaineko zubi zaharra konpontzen ari dira, eta udaberrira arte oinezkoek bakarrik zeharkatuko dute.",
]


def page(text: str, *links: str) -> str:
    anchors = " ".join(f'<a href="{link}">{link}</a>' for link in links)
    return f"<html><head><title>Orria</title></head><body><article><p>{text}</p></article>{anchors}</body></html>"


def test_a_crawl_asks_for_nothing_that_was_taken_down_and_its_archive_forgets_it(home: Path) -> None:
    known = {
        "herria.example": {
            "/": page(TEXTS[0], "/zubia", "/bi"),
            "/zubia": page(TEXTS[1]),
            "/bi": page(TEXTS[0] + " Bai."),
        },
    }
    with serving(known) as served:
        recipe = {
            "name": "euskara",
            "version": "1.0.0",
            "languages": ["eus_Latn"],
            "source": {
                "kind": "crawl",
                "of": "hadithi",
                "agent": {"contact": "test@example.org", "url": "https://example.org/bot"},
                "seeds": [served.url("herria.example")],
            },
            "steps": [
                {"name": "gate", "kind": "gate", "min_letters": 20},
                {"name": "extract", "kind": "extract", "engine": "resiliparse"},
                {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "strictest"},
                {"name": "clean", "kind": "normalize"},
            ],
            "sink": {"kind": "parquet", "partition_by": ["license_class"]},
        }
        (home / "pipelines/euskara.yaml").write_text(json.dumps(recipe), encoding="utf-8")
        source = "name: h\nlicense: {expression: CC-BY-4.0, state: verified, evidence: The tests of Glotmill wrote every page themselves.}\nterms: none\ncontact: a@example.org\n"
        (home / "manifests/sources/hadithi.yaml").write_text(source, encoding="utf-8")
        words = ("crawl", "euskara", "--on-loopback", "--json")
        glotmill(*words, "--bind", "hadithi=crawl", cwd=home)
        glotmill("run", "euskara", "--bind", "hadithi=crawl", "--out", "out", cwd=home)
        asked = [one.path for one in served.log]
        assert asked.count("/zubia") == 1
        address = served.url("herria.example", "/zubia")
        said = glotmill("takedown", "out/euskara/1.0.0", "--url", address, "--warc", "crawl", cwd=home)
        assert "3 records taken out" in said
        assert "0 problems" in glotmill("verify", "out/euskara/1.0.0", cwd=home)
        glotmill(*words, "--bind", "hadithi=crawl", "--revisit-days", "0", cwd=home)
        said = json.loads(glotmill(*words, "--bind", "hadithi=afresh", cwd=home))
        again = json.loads(glotmill("run", "euskara", "--bind", "hadithi=afresh", "--out", "out2", "--json", cwd=home))
        assert [one.path for one in served.log].count("/zubia") == 1
        assert again["kept"] == 2
        elsewhere = json.loads(
            glotmill("run", "euskara", "--bind", "hadithi=crawl", "--out", "out3", "--json", cwd=home)
        )
        assert elsewhere["kept"] == 2

"""The German Commons' recipe, as it is shipped, on our own documents in four forms: each meets its fate, by source and domain."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.report.funnel import Gone, by_group, funnel
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from support.command import glotmill
from support.german import DEBATE, FOOT, write

OWN = """\
name: {name}
license:
  expression: CC0-1.0
  state: verified
  evidence: The tests of Glotmill wrote every word of it.
terms: none
contact: test@example.org
domain: {domain}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    tmp = tmp_path_factory.mktemp("commons")
    (tmp / "manifests/sources").mkdir(parents=True)
    for source, domain in (("german-books", "literature"), ("german-scans", "news")):
        text = OWN.format(name=source, domain=domain)
        (tmp / f"manifests/sources/{source}.yaml").write_text(text, encoding="utf-8")
    bound = write(tmp / "documents")
    plan = resolve(Project(tmp), "pipelines/german_commons.yaml")
    executor = LocalExecutor(1)
    try:
        return Driver(plan, Settings(out=str(tmp / "out"), bindings=bound), {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


@pytest.fixture(scope="module")
def kept(run: RunFolder) -> list[dict[str, Any]]:
    return [row for part in run.parts() for row in pq.read_table(run.join(part)).to_pylist()]


def test_the_funnel_names_what_became_of_each_document(run: RunFolder) -> None:
    found = [(row.step, row.reason, row.dropped) for row in funnel(run.counts()) if row.reason is not None]
    assert found == [
        ("source", "books.entities", 1),
        ("rights", "permit.not_allowed", 1),
        ("language", "identify.low_score", 1),
        ("language", "identify.other_language", 1),
        ("scan", "damage.digits_for_letters", 1),
        ("exact", "exact_dedup.same_text", 1),
    ]


def test_the_funnel_by_source_and_domain_adds_up(run: RunFolder, root: Path) -> None:
    domains = {one.name: (one.documents, one.kept) for one in by_group(run, "domain")}
    assert domains == {"literature": (1, 1), "news": (2, 1), "politics": (2, 1), "web": (17, 13)}
    [news] = [one for one in by_group(run, "domain") if one.name == "news"]
    assert news.gone == (Gone("scan", "damage.digits_for_letters", 1),)
    sources = by_group(run, "source")
    assert sum(one.documents for one in sources) == sum(documents for documents, _ in domains.values())
    said = json.loads(glotmill("funnel", run.address, "--by", "source", "--json", cwd=root))
    assert [(one["name"], one["documents"], one["kept"]) for one in said["groups"]] == [
        (one.name, one.documents, one.kept) for one in sources
    ]


def test_lines_and_words_that_printers_broke_are_whole(kept: list[dict[str, Any]]) -> None:
    by = {row["source"]: row["text"] for row in kept if row["source"] != "german-web"}
    assert "daß die Dampfschiffahrt auf dem See ruhte, warteten wir" in by["german-books"]
    assert "Man vermutet, daß ein Funke" in by["german-scans"]
    assert by["german-minutes"].split("\n\n")[-2:] == list(DEBATE)


def test_the_foot_line_of_the_site_is_gone_and_persons_are_types(kept: list[dict[str, Any]]) -> None:
    pages = [row for row in kept if row["source"] == "german-web"]
    assert not any(FOOT in row["text"] for row in pages)
    [person] = [row["text"].split("\n")[-1] for row in pages if row["url"].endswith("/spenden")]
    assert person == (
        "Wer spenden will, überweist auf <iban> oder schreibt an <email>; Frau Pfister mit der Steuer-ID <id> quittiert, "
        "und unter <phone> weiß man mehr."
    )


def test_every_row_has_its_source_s_license_and_the_folders_are_by_source(
    run: RunFolder, kept: list[dict[str, Any]]
) -> None:
    assert {(row["source"], row["license"]) for row in kept} == {
        ("german-web", "CC-BY-4.0"),
        ("german-minutes", "CC0-1.0"),
        ("german-books", "CC0-1.0"),
        ("german-scans", "CC0-1.0"),
    }
    assert {part.split("/")[1] for part in run.parts()} == {row["source"] for row in kept}

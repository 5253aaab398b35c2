"""A corpus out of dumps of wikis: shards by streams, and the same bytes after a run that broke off."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.run.driver import Driver
from glotmill.run.events import Event
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from support.corpora import SOURCE, digests
from support.kinds import KINDS
from support.wikis import ARTICLES, Page, multistream

RECIPE = {
    "name": "wikis",
    "version": "1.0.0",
    "languages": ["eus_Latn"],
    "source": [{"kind": "wikimedia", "of": "wikipedia", "host": "wikipedia.org"}, {"kind": "jsonl", "of": "stories"}],
    "steps": [{"name": "label", "kind": "label"}],
    "sink": {"kind": "parquet", "partition_by": ["source"], "part_mb": 0.05},
    "shard_mb": 0.001,
}


class StopError(Exception):
    """The run is broken off."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in ("pipelines", "manifests/sources", "dumps", "stories"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "pipelines/wikis.yaml").write_text(json.dumps(RECIPE), encoding="utf-8")
    for name in ("wikipedia", "stories"):
        (tmp_path / f"manifests/sources/{name}.yaml").write_text(
            f"{SOURCE}wiki: {{hosts: [wikipedia.org]}}\n", encoding="utf-8"
        )
    (tmp_path / "stories/a.jsonl").write_text('{"text": "Bazen behin."}\n', encoding="utf-8")
    for language, articles in ARTICLES.items():
        title, text = next(iter(articles.items()))
        of = [Page(f"{title} {number}", f"{text}\n{number}\n", number) for number in range(1, 13)]
        name = f"{language}wiki-20261101-pages-articles-multistream.xml.bz2"
        (tmp_path / "dumps" / name).write_bytes(multistream(language, of, each=3))
    return tmp_path


def run(folder: Path, out: str, *, stop_after: int | None = None) -> RunFolder:
    done = 0

    def listen(event: Event) -> None:
        nonlocal done
        done += event.kind == "done"
        if stop_after is not None and done > stop_after:
            raise StopError

    plan = resolve(Project(folder), "pipelines/wikis.yaml", extra=KINDS)
    executor = LocalExecutor(1)
    bound = {"wikipedia": str(folder / "dumps"), "stories": str(folder / "stories")}
    try:
        return Driver(plan, Settings(str(folder / out), bound), {}, executor=executor, listener=listen).run()
    finally:
        executor.close()
        release_steps()


def test_a_run_that_broke_off_ends_with_the_same_bytes_as_one_that_did_not(folder):
    whole = run(folder, "whole")
    with pytest.raises(StopError):
        run(folder, "broken", stop_after=9)
    receipts = len(list((folder / "broken").rglob("phase-0/receipts/*")))
    assert 0 < receipts < len(list((folder / "whole").rglob("phase-0/receipts/*")))
    assert digests(run(folder, "broken")) == digests(whole)
    rows = [row for part in whole.parts() for row in pq.read_table(whole.join(part)).to_pylist()]
    assert len(rows) == 9 * 12 + 1
    assert len({row["doc_id"] for row in rows}) == len(rows)
    [story] = [row for row in rows if row["source"] == "stories"]
    assert (story["wiki_page"], story["wiki_links"]) == (None, None)
    assert {row["wiki_page"] for row in rows if row["source"] == "wikipedia"} == set(range(1, 13))

"""Quality gates: the cascade finds the main content of gold pages, in no script less than it did or than trafilatura does."""

import sys
from pathlib import Path
from statistics import fmean

import pyarrow as pa
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from extraction import score  # noqa: E402
from extraction.gold import Gold, everything, rendered, wordings  # noqa: E402

from glotmill.core.steps import Batch, Resources, Scope  # noqa: E402
from glotmill.stages.extract import ExtractSpec  # noqa: E402

REAL = ROOT / ".cache/real"
HELD = yaml.safe_load((ROOT / "tests/gates/extraction_floors.yaml").read_text(encoding="utf-8"))
EVERY_TIME = ("tha_Thai", "hin_Deva", "swh_Latn")  # the others take a minute


def needs(*names: str) -> None:
    for name in names:
        if not (REAL / name).exists():
            pytest.skip(f"{REAL / name} is missing; `make real-data prose real-warc` fetches it")


def found(engine: str, pages: list[Gold]) -> list[float]:
    """Return F1 of words of each page."""
    scope = Scope(tuple(sorted({page.language for page in pages})), ("web",))
    step = ExtractSpec(name="extract", kind="extract", engine=engine).build(Resources(scope))
    rows = step(Batch(pa.record_batch({"html": pa.array([page.html for page in pages], pa.large_string())}))).batch
    step.close()
    texts = [text or "" for text in rows.column("text").to_pylist()]
    return [one.f1 for one in score.by_words(texts, [page.text for page in pages])]


@pytest.mark.real
def test_every_template_in_three_scripts_is_extracted_as_well_as_by_trafilatura():
    needs("prose")
    pages = [page for tag in EVERY_TIME for page in rendered(tag, REAL, each=1)]
    assert len(pages) == 36
    ours, theirs = found("cascade", pages), found("trafilatura", pages)
    for tag in EVERY_TIME:
        rows = [row for row, page in enumerate(pages) if page.language == tag]
        mean = fmean(ours[row] for row in rows)
        # One page for each template leaves more to chance than the floors do.
        assert mean >= HELD[tag[-4:]]["floor"] - 0.03, tag
        assert mean >= fmean(theirs[row] for row in rows), tag


@pytest.mark.slow
@pytest.mark.real
def test_no_script_falls_below_its_floor_or_below_trafilatura():
    needs("prose", "gnome-user-docs", "truth.jsonl")
    pages = everything(REAL)
    assert len(pages) >= 2000
    assert len(wordings()) >= 20
    ours, theirs = found("cascade", pages), found("trafilatura", pages)
    means = {}
    for script in sorted({page.script for page in pages}):
        rows = [row for row, page in enumerate(pages) if page.script == script]
        means[script] = fmean(ours[row] for row in rows), fmean(theirs[row] for row in rows)
    assert set(means) == set(HELD)
    assert {script: pair for script, pair in means.items() if pair[0] < max(HELD[script]["floor"], pair[1])} == {}

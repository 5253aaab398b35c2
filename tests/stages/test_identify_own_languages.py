"""Languages of a project's own in `identify` and `split_languages`: the contract, the steps, the check, the fingerprint."""

from pathlib import Path

import pyarrow as pa
import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.plan.checking import check_project
from glotmill.plan.fingerprint import components, phase_fingerprints
from glotmill.plan.project import Project
from glotmill.stages.gate import GateSpec
from glotmill.stages.identify import IdentifySpec
from glotmill.stages.split_languages import SplitLanguagesSpec
from glotmill.text.identification.own import own_path
from support.corpora import Bench, documents
from support.romaji import TAG, UNSEEN, file, sentences

PATH = own_path(TAG)
GERMAN = "Am Nachmittag backte die Großmutter einen Apfelkuchen, und die Enkel aßen ihn am Küchentisch auf."
STEP = {"name": "language", "kind": "identify", "identifier": ["words", "ngrams"]}


def identify(**changes) -> IdentifySpec:
    return IdentifySpec.model_validate({**STEP, **changes})


def resources(files: dict[str, str], *tags: str) -> Resources:
    return Resources(Scope(tags or (TAG,), ("web",)), files, {})


@pytest.mark.parametrize("names", ["words", "ngrams", ["words", "ngrams"]])
def test_a_language_that_no_table_lists_is_refused_without_its_file_and_known_with_it(names):
    spec = identify(identifier=names, min_score=0.2)
    assert spec.files(Scope((TAG,), ())) == (f"filters/languages/{TAG}.yaml?", f"{PATH}?")
    with pytest.raises(RecipeError, match=f"no label for {TAG}(?s:.)*glotmill language add {TAG} --text PATH"):
        spec.contract(resources({}))
    found = resources({PATH: file()}, "deu_Latn", TAG)
    spec.contract(found)
    batch = Batch(pa.record_batch({"text": pa.array([f"{UNSEEN} {sentences()[0]}", GERMAN])}))
    outcome = spec.build(found)(batch)
    assert outcome.reasons.to_pylist() == [None, None]
    assert outcome.batch.rows.column("language").to_pylist() == [TAG, "deu_Latn"]


def test_files_are_read_by_the_identifiers_that_they_teach_alone():
    scope = Scope((TAG,), ())
    assert f"{PATH}?" not in identify(identifier="cld2").files(scope)
    split = SplitLanguagesSpec.model_validate({**STEP, "kind": "split_languages", "min_letters": 60})
    assert split.files(scope) == (f"{PATH}?",)
    text = "\n".join([*sentences()[:4], GERMAN, GERMAN])
    batch = Batch(pa.record_batch({"doc_id": ["a"], "text": [text], "url": ["https://a.example"]}))
    derived = split.build(resources({PATH: file()}))(batch).to_pylist()
    assert [row["language"] for row in derived] == [TAG]
    assert derived[0]["text"] == "\n".join(sentences()[:4])


def test_the_gate_finds_pages_in_such_a_language():
    spec = GateSpec(name="gate", kind="gate")
    assert f"{PATH}?" in spec.files(Scope((TAG,), ()))
    own = "".join(f"<p>{sentence}</p>" for sentence in [*sentences()[:12], UNSEEN])
    pages = [f"<html><body>{own}</body></html>", f"<html><body>{f'<p>{GERMAN}</p>' * 8}</body></html>"]
    batch = Batch(
        pa.record_batch(
            {
                "html": pa.array(pages, pa.large_string()),
                "url": pa.array(["https://a.example/1"] * 2),
                "http_headers": pa.array([None] * 2, pa.string()),
            }
        )
    )
    taught = resources({PATH: file()})
    spec.contract(taught)
    assert spec.build(taught)(batch).reasons.to_pylist() == [None, "gate.no_target_language"]


def test_a_wrong_file_is_refused_before_any_data_is_read():
    for spec in (identify(), SplitLanguagesSpec.model_validate({**STEP, "kind": "split_languages"})):
        with pytest.raises(RecipeError, match="is no word with its count") as caught:
            spec.contract(resources({PATH: file().replace("  ga 20", "  ga")}))
        assert (caught.value.file, caught.value.field) == (PATH, "words")


def test_check_reads_the_files_and_the_fingerprint_covers_them(tmp_path: Path):
    rights = {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "strictest"}
    bench = Bench(tmp_path, documents(3), [rights, STEP])
    bench.write_recipe([rights, STEP], languages=[TAG])
    path = bench.project / PATH
    path.parent.mkdir(parents=True)
    seen = set()
    for text in (file(), file().replace("  ga 20", "  ga 19", 1).replace("  o 20", "  o 19")):
        path.write_text(text, encoding="utf-8")
        assert check_project(Project(bench.project), {}).problems == {}
        plan = bench.plan()
        assert PATH in components(plan, [])["files"]
        seen.add(phase_fingerprints(plan, []))
    assert len(seen) == 2
    path.write_text(file().replace("  ga 20", "  ga many"), encoding="utf-8")
    problems = check_project(Project(bench.project), {}).problems
    assert set(problems) == {PATH, "pipelines/tiny.yaml"}
    assert "'  ga many', is no word with its count" in problems[PATH] or "'ga many', is no word" in problems[PATH]


def test_a_run_names_the_language_by_its_file(tmp_path: Path):
    rights = {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "strictest"}
    rows = [{"text": text, "url": f"https://a.example/{number}"} for number, text in enumerate((UNSEEN, GERMAN))]
    bench = Bench(tmp_path, rows, [rights, STEP])
    bench.write_recipe([rights, STEP], languages=[TAG])
    path = bench.project / PATH
    path.parent.mkdir(parents=True)
    path.write_text(file(), encoding="utf-8")
    assert bench.run().read_json("manifest.json")["totals"]["documents"] == 1

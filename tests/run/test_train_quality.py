"""Training a model of quality and using it: the command, the card, bands in a corpus, and what is refused in time."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import RecipeError
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.plan.training import resolve_training
from glotmill.report.model_card import markdown
from glotmill.run.quality_corpus import corpus_of
from glotmill.run.quality_learners import FastTextLearner
from glotmill.run.train_quality import train_quality
from glotmill.run.training_documents import gather
from glotmill.text.quality.card import Floor, ModelCard, with_earlier_floors, with_floors
from support.command import glotmill
from support.quality import CORPUS, THAI, Quality, corpus, prose, rows
from support.stories import BASQUE

FLOOR = Floor(least_score=1.0, precision=0.9, low=0.8, rated=100, evidence="Two speakers, this test.")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Quality, dict]:
    made = Quality(tmp_path_factory.mktemp("quality"))
    said = json.loads(glotmill(*made.command, "--json", cwd=made.folder))
    return made, said


def test_the_model_parts_what_it_was_taught_to_part_and_shuffled_labels_teach_nothing(trained) -> None:
    made, said = trained
    part = said["card"]["languages"]["eus_Latn"]
    assert (part["positives"], part["negatives"], part["domain_count"], part["crawl"]) == (90, 90, 3, 150)
    assert part["metrics"]["auc"]["value"] > 0.95
    assert part["metrics"]["auc"]["low"] <= part["metrics"]["auc"]["value"] <= part["metrics"]["auc"]["high"]
    assert abs(part["controls"]["auc_shuffled_labels"]["value"] - 0.5) < 0.15
    assert part["controls"]["auc_line_breaks_alone"]["value"] == 1.0
    assert list(part["seeds"]) == ["1", "2", "3"]
    assert part["metrics"]["calibration_error"]["value"] < 0.2
    assert any("3 domains" in warning for warning in said["card"]["warnings"])
    assert any("differ in format" in warning for warning in said["card"]["warnings"])
    assert said["bytes"] < 20_000_000
    page = (made.folder / "models" / "ona.md").read_text(encoding="utf-8")
    assert "| positives | Texts of a test | CC0-1.0 | 90 | 90 | none |" in page


def test_training_again_gives_the_same_bytes_also_elsewhere_and_after_a_kill(trained, tmp_path: Path) -> None:
    made, _ = trained
    names = ("models/ona.bin", "models/ona.md", "manifests/quality/ona.json", "manifests/models.yaml")
    before = [(made.folder / name).read_bytes() for name in names]
    assert "there is a model 'ona' already" in glotmill(*made.command, cwd=made.folder, code=2)
    place = tmp_path / "elsewhere"
    shutil.copytree(made.folder, place, ignore=shutil.ignore_patterns("models*", "quality", "out"))
    shutil.copytree(made.folder / "pipelines/quality", place / "pipelines/quality")
    words = [word.replace("=", f"={place}/") if "=" in word else word for word in made.command]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "glotmill.cli.app", *words]
    child = subprocess.Popen(command, cwd=place, env={**os.environ, "TMPDIR": str(scratch)})
    while child.poll() is None and not any(scratch.glob("glotmill-train-*")):
        time.sleep(0.01)
    child.kill()
    assert child.wait() < 0
    assert not any((place / name).exists() for name in names)
    rated = with_floors(ModelCard.model_validate_json(before[2]), {"eus_Latn": FLOOR})
    card = place / names[2]
    card.parent.mkdir(parents=True)
    card.write_text(rated.model_dump_json(), encoding="utf-8")
    glotmill(*words, cwd=place)
    after = [(place / name).read_bytes() for name in names]
    assert (after[0], after[3]) == (before[0], before[3])
    assert after[2].decode() == rated.model_dump_json(indent=1) + "\n"  # the same model keeps what people rated
    assert after[1].decode() == markdown(rated)


def test_a_corpus_gets_scores_and_bands_and_its_manifest_names_the_model(trained) -> None:
    made, said = trained
    foreign = [{"text": "Der Imker öffnet den Bienenstock.", "language": "deu_Latn", "url": "https://imker.example/1"}]
    empty = [{"text": "12 345", "language": "eus_Latn", "url": "https://herria.example/1"}]
    made.write("sarea", [{**row, "license": "CC0-1.0"} for row in (*made.data["sarea"], *foreign, *empty)])
    found = corpus(made, {"model": "ona"})
    assert len(found) == 152
    stories = [row for row in found if "\n" in row["text"]]
    others = [row for row in found if "\n" not in row["text"] and row["quality_score"] is not None]
    assert len(stories) == 60
    assert min(row["quality_score"] for row in stories) > max(row["quality_score"] for row in others)
    assert {row["quality_band"] for row in stories} == {"unaudited_hq", "unaudited_mid"}
    assert sum(row["quality_band"] == "unaudited_hq" for row in stories) == pytest.approx(15, abs=2)
    bounds = {"low": -12.0, **drawn(made)}
    assert list(bounds) == ["low", "mid", "hq"]
    for row in (*stories, *others):
        assert (
            row["quality_band"] == f"unaudited_{[band for band in bounds if row['quality_score'] >= bounds[band]][-1]}"
        )
    assert all(0 <= row["quality_probability"] <= 1 for row in stories)
    unscored = [row for row in found if row["quality_band"] == "unscored"]
    assert len(unscored) == 2
    assert all(
        row["quality_score"] is row["quality_quantile"] is row["quality_probability"] is None for row in unscored
    )
    manifest = json.loads((made.folder / "out/sarea/1.0.0/manifest.json").read_text(encoding="utf-8"))
    assert manifest["models"] == {"ona": {"sha256": said["card"]["sha256"], "license": "CC0-1.0"}}
    assert "manifests/quality/ona.json" in manifest["files"]
    glotmill("verify", "out/sarea/1.0.0", cwd=made.folder)


def drawn(made: Quality, run: str = "sarea/1.0.0", tag: str = "eus_Latn") -> dict[str, float]:
    """Return the bounds that the report of a run draws into the histogram of a language's scores."""
    page = (made.folder / "out" / run / "report.html").read_text(encoding="utf-8")
    (picture,) = re.findall(rf'<svg [^>]*aria-label="Quality score,[^"]*\({tag}\)[^"]*".*?</svg>', page, re.DOTALL)
    shown = re.findall(r'<text class="[tl] b"[^>]*>(\w+) from (-?[\d.]+)<', picture)
    assert picture.count('class="bound"') == len(shown)
    return {band: float(least) for band, least in shown}


def test_keep_drops_all_but_the_best_share_and_says_why(trained) -> None:
    made, _ = trained
    made.write("sarea", [{**row, "license": "CC0-1.0"} for row in made.data["sarea"]])
    found = corpus(made, {"model": "ona", "keep": 0.1}, languages=["eus_Latn"])
    assert len(found) == pytest.approx(15, abs=2)
    assert drawn(made)["kept"] == drawn(made)["hq"] <= min(row["quality_score"] for row in found)
    gone = json.loads(glotmill("funnel", "out/sarea/1.0.0", "--json", cwd=made.folder))
    assert "classify.below_share" in json.dumps(gone)
    lost = next(row["url"] for row in made.data["sarea"] if row["url"] not in {kept["url"] for kept in found})
    assert "quality_quantile 0." in glotmill("why", "out/sarea/1.0.0", lost, cwd=made.folder)


def test_keep_refuses_a_language_that_no_model_knows(trained) -> None:
    made, _ = trained
    value = {**CORPUS, "steps": [*CORPUS["steps"], {"name": "q", "kind": "classify", "model": "ona", "keep": 0.1}]}
    (made.folder / "pipelines" / "sarea.yaml").write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(RecipeError, match="would drop all of deu_Latn"):
        resolve(Project(made.folder), "pipelines/sarea.yaml")


def test_a_file_that_is_not_the_model_is_refused_before_data_is_read(trained) -> None:
    made, _ = trained
    place = made.folder / "models" / "ona.bin"
    data = place.read_bytes()
    try:
        place.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        value = {**CORPUS, "steps": [*CORPUS["steps"], {"name": "q", "kind": "classify", "model": "ona"}]}
        (made.folder / "pipelines" / "sarea.yaml").write_text(json.dumps(value), encoding="utf-8")
        said = glotmill("run", "sarea", "--bind", "sarea=nowhere", "--out", "other", cwd=made.folder, code=2)
        assert "is not the model ona: its sha256 is" in said
        assert "train it again (glotmill train quality), or correct models.ona.sha256" in said
    finally:
        place.write_bytes(data)


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        (lambda card: card.update(sha256="0" * 64), "sha256", "the card is of another model file"),
        (lambda card: card.update(features="words-0"), "features", "the model reads words-0"),
        (lambda card: card["languages"]["eus_Latn"]["quantiles"].__setitem__(3, float("nan")), "quantiles", "finite"),
        (lambda card: card["languages"]["eus_Latn"]["curve"].update(slope=float("inf")), "curve", "finite"),
        (lambda card: card["languages"]["eus_Latn"]["quantiles"].reverse(), "eus_Latn", "ascend"),
        (lambda card: card.pop("languages"), "languages", "no card of a quality model: Field required"),
    ],
)
def test_a_card_that_is_wrong_is_refused_by_field(trained, change: Callable, field: str, said: str) -> None:
    made, _ = trained
    place = made.folder / "manifests" / "quality" / "ona.json"
    text = place.read_text(encoding="utf-8")
    card = json.loads(text)
    change(card)
    value = {**CORPUS, "steps": [*CORPUS["steps"], {"name": "q", "kind": "classify", "model": "ona"}]}
    (made.folder / "pipelines" / "sarea.yaml").write_text(json.dumps(value), encoding="utf-8")
    try:
        place.write_text(json.dumps(card), encoding="utf-8")
        with pytest.raises(RecipeError, match=said) as raised:
            resolve(Project(made.folder), "pipelines/sarea.yaml")
        assert raised.value.file == "manifests/quality/ona.json"
        assert field in (raised.value.field or "")
    finally:
        place.write_text(text, encoding="utf-8")


def test_documents_of_the_crawl_that_a_model_learned_from_get_the_scores_that_they_had_unseen(tmp_path: Path) -> None:
    made = Quality(tmp_path, count=62)
    made.recipe(training={"bucket": 1000, "epochs": 1})
    made.write("sarea", [*made.data["ipuinak"], *made.data["zerrendak"]])
    plan = resolve_training(Project(tmp_path), "pipelines/quality/ona.yaml")
    bindings = {name: str(tmp_path / f"{name}.jsonl") for name in made.data}
    documents, _ = corpus_of(plan, gather(plan, bindings, {}, watch=lambda what, count: None))
    trained = train_quality(plan, bindings, {}, watch=lambda what, count: None)
    part = trained.card.languages["eus_Latn"]
    assert part.crawl == len(documents) == 124
    whole = FastTextLearner(plan, documents).fit(documents.good, np.ones(124, np.bool_), seed=1)
    seen = [whole.score(place) for place in range(124)]
    assert part.quantiles[-1] != max(seen)
    assert part.quantiles[-1] - part.quantiles[0] < max(seen) - min(seen)


def test_a_crawl_of_ties_whose_best_band_is_empty_says_so(tmp_path: Path) -> None:
    made = Quality(tmp_path, count=62)
    made.recipe(training={"bucket": 1000, "epochs": 1})
    one = {**made.data["ipuinak"][0], "text": made.data["sarea"][0]["text"]}
    made.write("sarea", [*[one] * 40, *made.data["sarea"][-90:]])
    plan = resolve_training(Project(tmp_path), "pipelines/quality/ona.yaml")
    bindings = {name: str(tmp_path / f"{name}.jsonl") for name in made.data}
    card = train_quality(plan, bindings, {}, watch=lambda what, count: None).card
    (said,) = (one for one in card.warnings if "one and the same score" in one)
    assert said.startswith("eus_Latn: 0% of the crawl are hq, not 10%")


def test_a_floor_is_lost_where_training_gives_another_model(trained) -> None:
    _, said = trained
    card = ModelCard.model_validate(said["card"])
    rated = with_floors(card, {"eus_Latn": FLOOR})
    assert not any("unaudited" in warning for warning in rated.warnings)
    assert with_earlier_floors(card, rated) == (rated, [])
    other = card.model_copy(update={"sha256": "0" * 64})
    assert with_earlier_floors(other, rated) == (other, ["eus_Latn"])


def test_what_hosts_and_rows_and_raters_say_is_no_markup_in_the_page_of_a_card(trained) -> None:
    _, said = trained
    hostile = "<img src=x onerror=alert(1)> [a](javascript:b) | c"
    part = said["card"]["languages"]["eus_Latn"]
    floor = {"least_score": 0, "precision": 0.9, "low": 0.8, "rated": 100, "evidence": f"Rated by {hostile}."}
    rates = {name: {"documents": 3, "hq": 0.1, "mid": 0.5} for name in (hostile, "xn--mgbacxr.xn--mgbai9azgqp6j")}
    named = {**part, "floor": floor, "by_source": rates, "by_genre": rates, "domains": {hostile: [1, 2]}}
    data = [{**said["card"]["data"][0], "license": "per-row", "licenses": {hostile: 2}}]
    page = markdown(ModelCard.model_validate({**said["card"], "data": data, "languages": {"eus_Latn": named}}))
    assert page.count("onerror") == 5
    assert "<img" not in page.replace("\\<", "")
    assert "](javascript" not in page
    assert "| genre | documents | hq | mid or better |" in page
    assert "| اخبار.پاکستان (xn--mgbacxr.xn--mgbai9azgqp6j) |".replace("(", "\\(").replace(")", "\\)") in page


def refused(tmp_path: Path, change: Callable[[Quality], object], *, code: int = 1) -> str:
    made = Quality(tmp_path)
    change(made)
    said = glotmill(*made.command, cwd=tmp_path, code=code)
    assert not (tmp_path / "models").exists()
    assert not (tmp_path / "manifests" / "models.yaml").exists()
    return said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda made: made.write("zerrendak", made.data["zerrendak"][:30]),
            "negatives: 30 documents in eus_Latn are given, and 60",
        ),
        (
            lambda made: made.write("ipuinak", rows(prose(BASQUE, 90, seed=1), tag="eus_Latn", hosts=["bat.example"])),
            "positives: all 90 documents in eus_Latn come from bat.example",
        ),
        (
            lambda made: made.write("ipuinak", [{**row, "language": None} for row in made.data["ipuinak"]]),
            "positives: 0 documents in eus_Latn are given",
        ),
        (
            lambda made: made.write("zerrendak", made.data["ipuinak"]),
            "positives: 0 documents in eus_Latn of 20 words and without a copy are left",
        ),
        (
            lambda made: made.write("sarea", made.data["sarea"][:20]),
            "crawl: 20 documents in eus_Latn with anything to read, and 100",
        ),
        (
            lambda made: made.write("ipuinak", [{**row, "text": "Azokan gaude."} for row in made.data["ipuinak"]]),
            "positives: 0 documents in eus_Latn of 20 words",
        ),
        (lambda made: made.write("ipuinak", []), "positives: 0 documents in eus_Latn are given"),
    ],
)
def test_too_little_to_learn_or_judge_by_is_refused_before_training(tmp_path: Path, change, said: str) -> None:
    assert said in refused(tmp_path, change)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"license": "Made-Up-1.0"}, "license: "),
        ({"languages": ["xxx_Latn"]}, "languages.0"),
        ({"negatives": []}, "negatives"),
        ({"negatives": [{"kind": "jsonl", "of": "ipuinak"}]}, "source 'ipuinak' is among the positives already"),
        ({"bands": {"hq": 0.4, "mid": 0.6}}, "hq 0.4 is not greater than mid 0.6"),
        ({"steps": [{"name": "near", "kind": "minhash_dedup"}]}, "step 'near' is a corpus step"),
        ({"steps": [{"name": "q", "kind": "judge", "filters": ["none"]}]}, "filters/none.yaml is missing"),
        ({"training": {"dim": 1000}}, "training.dim"),
        ({"ngrams": [5, 2]}, "ngrams"),
        ({"name": "surface"}, "choose another name"),
        ({"positives": [{"kind": "jsonl", "of": "ezezaguna"}]}, "source 'ezezaguna' has no manifest"),
    ],
)
def test_a_wrong_recipe_is_refused_by_file_and_field(tmp_path: Path, changes: dict, said: str) -> None:
    message = refused(tmp_path, lambda made: made.recipe(**changes), code=2)
    assert said in message
    assert "ona.yaml" in message or "manifests/" in message or "filters/" in message


def test_a_script_without_spaces_and_a_language_without_a_file_are_learned_too(tmp_path: Path) -> None:
    made = Quality(tmp_path, tag="bod_Tibt", sentences=THAI)
    made.recipe(ngrams="auto", training={"bucket": 1000, "epochs": 3})
    found = json.loads(glotmill(*made.command, "--json", cwd=tmp_path))["card"]
    assert found["ngrams"] == [2, 5]
    assert found["languages"]["bod_Tibt"]["metrics"]["auc"]["value"] > 0.8


def test_documents_that_quote_a_benchmark_are_left_out_by_a_step_and_counted(tmp_path: Path) -> None:
    made = Quality(tmp_path, count=70)
    question = "Zergatik daramatza zaharrak hiru giltza urdin eskuineko poltsikoan, inork eskatzen ez badio ere?"
    (tmp_path / "items.jsonl").write_text(json.dumps({"question": question}), encoding="utf-8")
    words = ["--name", "galderak", "--language", "eus_Latn", "--license", "CC0-1.0", "--cites", "This test."]
    glotmill("benchmark", "index", "items.jsonl", *words, cwd=tmp_path)
    quoting = [{**row, "text": f"{row['text']} {question}"} for row in made.data["ipuinak"][:15]]
    made.write("ipuinak", [*quoting, *made.data["ipuinak"][15:]])
    made.recipe(steps=[{"name": "tests", "kind": "decontaminate", "benchmarks": ["galderak"]}])
    assert "positives: 55 documents in eus_Latn are given, and 60" in glotmill(*made.command, cwd=tmp_path, code=1)


def test_without_a_model_the_surface_scores_languages_that_have_a_file(trained) -> None:
    made, _ = trained
    data = rows(prose(BASQUE, 3, seed=1), tag="eus_Latn") + rows(["| -- 12 | -- 34 | 56 -- |"] * 2, tag="eus_Latn")
    made.write("sarea", [{**row, "license": "CC0-1.0"} for row in data])
    found = corpus(made, {"model": "surface"}, languages=["eus_Latn"])
    assert min(row["quality_score"] for row in found[:3]) > 0.5 > max(row["quality_score"] for row in found[3:])
    assert all(row["quality_quantile"] is None for row in found)
    assert {row["quality_band"] for row in found[3:]} == {"unaudited_low"}
    assert drawn(made) == {"mid": 0.5, "hq": 0.8}


@pytest.fixture(scope="module")
def scored(trained) -> Quality:
    """The project with a corpus of scores, `out/scored/1.0.0`."""
    made, _ = trained
    made.write("sarea", [{**row, "license": "CC0-1.0"} for row in made.data["sarea"]])
    steps = [*CORPUS["steps"], {"name": "quality", "kind": "classify", "model": "ona"}]
    value = {**CORPUS, "name": "scored", "languages": ["eus_Latn"], "steps": steps}
    (made.folder / "pipelines" / "scored.yaml").write_text(json.dumps(value), encoding="utf-8")
    glotmill("run", "scored", "--bind", "sarea=sarea.jsonl", "--out", "out", "--json", cwd=made.folder)
    return made


def rebanded(made: Quality, *words: str, code: int = 0) -> str:
    return glotmill("rejudge", "out/scored/1.0.0", *words, cwd=made.folder, code=code)


def test_rejudge_moves_bands_as_a_run_with_those_bands_would_have(scored: Quality) -> None:
    made = scored
    wanted = corpus(made, {"model": "ona", "bands": {"hq": 0.8, "mid": 0.3}, "keep": 0.3}, languages=["eus_Latn"])
    said = json.loads(rebanded(made, "--bands", "hq=0.8,mid=0.3", "--keep", "0.3", "--out", "out", "--json"))
    assert said["bands"] == {"eus_Latn": {"unaudited_hq": 30, "unaudited_mid": 75, "unaudited_low": 45}}
    assert said["kept"] == len(wanted) == 45
    again = pq.read_table(made.folder / "out/scored/1.0.0-rejudged/data").to_pylist()
    assert sorted(again, key=lambda row: row["doc_id"]) == sorted(wanted, key=lambda row: row["doc_id"])
    glotmill("verify", "out/scored/1.0.0-rejudged", cwd=made.folder)


def test_a_floor_from_an_audit_takes_the_word_unaudited_away_and_holds_bands_up(scored: Quality) -> None:
    made = scored
    place = made.folder / "manifests" / "quality" / "ona.json"
    text = place.read_text(encoding="utf-8")
    card = json.loads(text)
    top = max(row["quality_score"] for row in pq.read_table(made.folder / "out/scored/1.0.0/data").to_pylist())
    floor = {"least_score": top, "precision": 0.9, "low": 0.8, "rated": 100, "evidence": "Two speakers, this test."}
    card["languages"]["eus_Latn"]["floor"] = floor
    try:
        place.write_text(json.dumps(card), encoding="utf-8")
        bands = json.loads(rebanded(made, "--bands", "card", "--json"))["bands"]["eus_Latn"]
        assert set(bands) == {"hq", "low"}
        assert bands["hq"] < 5
        rebanded(made, "--bands", "card", "--out", "out", "--version", "1.0.0-floor")
        assert drawn(made, "scored/1.0.0-floor") == {"mid": top, "hq": top}
    finally:
        place.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give --filters, or --bands"),
        (("--bands", "hq=0.9", "--filters", "c4"), "give --filters, or --bands"),
        (("--bands", "hq=0.2,mid=0.5"), "hq 0.2 is not greater than mid 0.5"),
        (("--bands", "hq"), "write it as in --bands hq=0.9,mid=0.5"),
        (("--bands", "best=0.9"), "best"),
        (("--filters", "c4", "--keep", "0.1"), "--keep goes with --bands"),
        (("--bands", "card", "--keep", "1.5"), "keep"),
    ],
)
def test_rejudge_refuses_what_are_no_bands(scored: Quality, words: tuple[str, ...], said: str) -> None:
    assert said in rebanded(scored, *words, code=2)


def test_rejudge_refuses_scores_of_another_model_than_the_project_has(scored: Quality) -> None:
    made = scored
    names = ("manifests/quality/ona.json", "manifests/models.yaml")
    before = {name: (made.folder / name).read_text(encoding="utf-8") for name in names}
    old = json.loads(before[names[0]])["sha256"]
    try:
        for name, text in before.items():
            (made.folder / name).write_text(text.replace(old, "a" * 64), encoding="utf-8")
        assert "was scored by another ona" in rebanded(made, "--bands", "card", code=2)
    finally:
        for name, text in before.items():
            (made.folder / name).write_text(text, encoding="utf-8")

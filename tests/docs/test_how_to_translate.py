"""The how-to page on `translate`: its commands run as they stand, and what they leave is what the page says."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from tokenizers import Tokenizer, models, pre_tokenizers

from glotmill.core.errors import RecipeError
from glotmill.mt.engines import ENGINES_FILE, Engine, engine_of
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.report.run_page.facts import Options
from glotmill.report.run_page.page import report
from glotmill.stages.translate import TranslateSpec
from support.command import glotmill
from support.pages import run_page

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "translate.md"


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> tuple[str, RunFolder]:
    folder = tmp_path_factory.mktemp("page")
    return run_page(PAGE, folder), RunFolder(str(folder / "books/out/books/1.0.0"))


def test_the_page_is_translated_around_its_code_and_the_others_are_in_the_ledger(ran):
    said, folder = ran
    [part] = [part for part in folder.parts() if "data/mt/spa_Latn" in part]
    [row] = pq.read_table(folder.join(part)).to_pylist()
    assert row["text"] == (
        "# la vieja puente\n\nla puente estaba cerrado tras la tormenta, y vecinos cruzaban la río en barca.\n\n"
        "```sh\nmake bridge\n```\n\n- ejecuta `make` antes de abrir la puerta.\n- escribe {name} en la primera página."
    )
    assert row["license"] == "CC-BY-SA-4.0"
    assert row["generator"] == '{"name": "thirty words", "revision": "1", "license": "CC0-1.0"}'
    reasons = {row["url"][-1]: row["reason"] for batch in folder.ledger() for row in batch.to_pylist()}
    assert reasons == {"2": "translate.license_forbids", "3": "mt.untranslated_words"}
    assert "mt.untranslated_words" in said
    assert "what the translations of 3 documents took" in said


def test_a_report_sets_the_translation_beside_its_english(ran, tmp_path):
    _, folder = ran
    split = pre_tokenizers.Split(pattern="", behavior="isolated")
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = split
    tokenizer.save(str(tmp_path / "letters.json"))
    page = report(folder, Options(tokenizers={"letters": tmp_path / "letters.json"}))
    section = page.partition('id="tokenizers"')[2].partition("</section>")[0]
    rows = dict(re.findall(r'<tr><th scope="row"><bdi>(\w+) \(\w+\)</bdi></th>(.*?)</tr>', section))
    documents = [row for part in folder.parts() for row in pq.read_table(folder.join(part)).to_pylist()]
    [mt] = [row for row in documents if row["origin"] == "mt"]
    [english] = [row for row in documents if row["doc_id"] in mt["parent_ids"]]
    premium = round(len(mt["text"]) / len(english["text"]), 3)
    assert re.findall(r">([^<>]+)<", rows["Spanish"])[-2:] == [f"{premium:.4g}", "1"]
    assert "spa_Latn: 100.0 % of the documents are machine-made" in page


def test_the_cost_of_a_run_is_told_as_json_and_its_absence_is_an_error(ran, tmp_path):
    _, folder = ran
    said = yaml.safe_load(glotmill("translations", folder.address, "--json", cwd=tmp_path))
    [cost] = said["translations"]
    assert (cost["engine"], cost["requests"], cost["tokens_in"], cost["cost"]) == ("thirty-words", 5, 0, None)
    (tmp_path / "empty").mkdir()
    assert "holds no plan.json" in glotmill("translations", "empty", cwd=tmp_path, code=2)


@pytest.mark.parametrize(("allow", "refused"), [("open-definition", True), ("nc-research", False)])
def test_nllb_as_the_page_shows_it_is_refused_by_a_policy_for_open_corpora(allow, refused, tmp_path):
    [block] = [
        block
        for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        if "nllb" in block
    ]
    engines = yaml.safe_load(block)
    engines["engines"]["nllb"]["sha256"] = {"model.bin": "0" * 64}
    assert engines["engines"]["nllb"]["license"] == "CC-BY-NC-4.0"
    for folder in ("pipelines", "manifests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "manifests/engines.yaml").write_text(yaml.safe_dump(engines), encoding="utf-8")
    recipe = yaml.safe_load((ROOT / "pipelines/transweb_edu.yaml").read_text(encoding="utf-8"))
    recipe["steps"] = [step for step in recipe["steps"] if step["name"] != "catalan"]
    [step] = [step for step in recipe["steps"] if step["name"] == "spanish"]
    step.update({"engine": "nllb", "allow": allow})
    (tmp_path / "pipelines/transweb_edu.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    if not refused:
        assert resolve(Project(tmp_path), "pipelines/transweb_edu.yaml").recipe.name == "transweb_edu"
        return
    with pytest.raises(RecipeError, match=r"the engine nllb is under CC-BY-NC-4\.0, of class noncommercial"):
        resolve(Project(tmp_path), "pipelines/transweb_edu.yaml")


def test_the_engines_that_the_page_shows_are_entries_of_the_registry():
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    pages = [page for page in map(yaml.safe_load, blocks) if isinstance(page, dict)]
    kinds = [Engine.model_validate(engine).kind for page in pages for engine in page["engines"].values()]
    assert kinds == ["openai", "ctranslate2"]


def test_the_second_opinions_that_the_page_shows_are_fields_of_the_step():
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    [[step]] = [page for page in map(yaml.safe_load, blocks) if isinstance(page, list)]
    spec = TranslateSpec.model_validate(step)
    assert spec.similarity is not None
    assert spec.similarity.bound("spa_Latn") == 0.84
    registry = (PAGE.parents[2] / ENGINES_FILE).read_text(encoding="utf-8")
    assert spec.round_trip is not None
    assert engine_of(spec.round_trip.engine, registry).translates("spa_Latn", "eng_Latn")

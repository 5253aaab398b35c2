"""The gate drops a page only where no part of it can be in one of the recipe's languages."""

import time

import fasttext
import pyarrow as pa
import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.hashing import sha256_file
from glotmill.core.models import MODELS_FILE
from glotmill.core.steps import Batch, Outcome, Resources, Scope
from glotmill.stages.gate import GateSpec, blocks, sample

BASQUE = (
    "Gaur goizean amonarekin joan naiz azokara, eta sagarrak, gazta eta ogia erosi ditugu. Arratsaldean aitonak ipuin "
    "bat kontatu digu sutondoan, eta gero denok elkarrekin afaldu dugu etxeko sukaldean."
)
SPANISH = (
    "Esta mañana hemos ido con la abuela al mercado y hemos comprado manzanas, queso y pan. Por la tarde el abuelo nos "
    "ha contado un cuento junto al fuego, y después hemos cenado todos juntos en la cocina de casa."
)
THAI = "เช้านี้เราไปตลาดกับคุณยาย ซื้อผลไม้ ขนม และปลาสด ตอนเย็นคุณตาเล่านิทานให้ฟังข้างเตาไฟ แล้วเราก็กินข้าวด้วยกันในครัว"
MENU = (
    "<nav><ul><li><a>Inicio</a></li><li><a>Noticias de la semana</a></li><li><a>Contacto y horarios</a></li></ul></nav>"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of three languages with labels like lid.176's, trained on the sentences above."""
    folder = tmp_path_factory.mktemp("model")
    lines = [
        f"__label__{label} {text[at : at + 60]}"
        for label, text in (("eu", BASQUE), ("es", SPANISH), ("th", THAI))
        for at in range(0, 120, 7)
    ]
    (folder / "train.txt").write_text("\n".join(lines), encoding="utf-8")
    trained = fasttext.train_supervised(
        str(folder / "train.txt"), minn=1, maxn=3, dim=8, bucket=5000, epoch=60, lr=0.5, thread=1, seed=1, verbose=0
    )
    path = folder / "small.bin"
    trained.save_model(str(path))
    return path


def resources(path, *languages: str) -> Resources:
    entry = (
        f"models:\n  small:\n    kind: fasttext\n    from: {{path: {path}}}\n    sha256: {sha256_file(path)}\n"
        f"    bytes: {path.stat().st_size}\n    license: CC0-1.0\n    cites: trained here\n"
    )
    return Resources(Scope(languages, ("web",)), {MODELS_FILE: entry}, {"small": path})


def gate(path, languages: tuple[str, ...], *pages: str | None, **options: object) -> Outcome:
    spec = GateSpec(name="gate", kind="gate", model="small", **options)
    step = spec.build(resources(path, *languages))
    return step(Batch(pa.record_batch({"html": pa.array(pages, pa.large_string())})))


def page(*paragraphs: str) -> str:
    return "<html><body>" + MENU + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs) + "</body></html>"


def test_pages_of_other_languages_are_dropped_with_their_language_as_evidence(model):
    outcome = gate(model, ("eus_Latn",), page(*[SPANISH] * 3), page(THAI * 3), page(BASQUE))
    assert outcome.reasons.to_pylist() == ["gate.no_target_language", "gate.no_target_language", None]
    details = outcome.details.to_pylist()
    assert details[0].startswith("es in ")
    assert details[1].startswith("th in ")
    assert details[0].endswith(", bound 0.3")


def test_one_paragraph_is_found_under_much_text_in_another_language(model):
    buried = page(*[SPANISH] * 12, BASQUE, BASQUE, *[SPANISH] * 12)
    assert gate(model, ("eus_Latn",), buried).reasons.to_pylist() == [None]


def test_any_of_the_recipes_languages_lets_a_page_pass(model):
    outcome = gate(model, ("eus_Latn", "tha_Thai"), page(THAI * 3), page(BASQUE), page(*[SPANISH] * 3))
    assert outcome.reasons.to_pylist() == [None, None, "gate.no_target_language"]


def test_what_cannot_be_judged_passes(model):
    outcome = gate(
        model,
        ("eus_Latn",),
        None,
        "",
        "<p>Hola</p>",
        page("12 345,67 " * 200).replace(MENU, ""),
        page(SPANISH * 9),
        max_bytes=1000,
    )
    assert outcome.reasons.to_pylist() == [None] * 5


def test_a_language_that_the_model_does_not_know_lets_every_page_pass(model):
    assert gate(model, ("eus_Latn", "khm_Khmr"), page(*[SPANISH] * 3)).reasons is None


def test_the_bound_is_the_recipes(model):
    assert gate(model, ("eus_Latn",), page(BASQUE), min_score=0.0, min_letters=1).reasons.to_pylist() == [None]
    assert gate(model, ("eus_Latn",), page(*[SPANISH] * 3), min_score=0.0).reasons.to_pylist() == [None]


def test_rows_are_judged_alike_alone_and_together(model):
    pages = [page(*[SPANISH] * 3), page(BASQUE), page(THAI)]
    together = gate(model, ("eus_Latn",), *pages).details.to_pylist()
    assert together == [gate(model, ("eus_Latn",), one).details.to_pylist()[0] for one in pages]


def test_the_scan_survives_what_breaks_tree_builders(model):
    # Unclosed formatting elements are reopened in every paragraph: an HTML5 parser builds them by the million.
    reopened = (
        "".join(f"<p>{''.join(f'<font c{row}-{n}>' for n in range(250))}</p>" for row in range(300)) + f"<p>{SPANISH}"
    )
    deep = "<div>" * 100_000 + f"<p>{SPANISH * 2}</p>"
    start = time.process_time()
    outcome = gate(model, ("eus_Latn",), reopened, deep)
    assert time.process_time() - start < 5
    assert outcome.reasons.to_pylist() == ["gate.no_target_language"] * 2


def test_an_unknown_model_is_named_with_near_matches(model):
    spec = GateSpec(name="gate", kind="gate", model="smal")
    with pytest.raises(RecipeError, match="Did you mean small"):
        spec.contract(resources(model, "eus_Latn"))


def test_blocks_are_consecutive_lines_of_about_300_characters():
    assert blocks("") == []
    assert blocks("a" * 100 + "\n" + "b" * 250 + "\n" + "c") == ["a" * 100 + " " + "b" * 250, "c"]
    assert [len(block) for block in blocks("ก" * 1000)] == [300, 300, 300, 100]


def test_a_long_page_is_read_at_its_beginning_and_evenly_after_it():
    names = [str(number) for number in range(440)]
    chosen = sample(names)
    assert chosen[:40] == names[:40]
    assert chosen[40:] == [str(number) for number in range(40, 440, 10)]
    assert sample(names[:80]) == names[:80]


@pytest.mark.real
def test_lid176_finds_basque_under_eight_times_as_much_spanish(models_dir):
    path = models_dir / "lid176" / "lid.176.ftz"
    if not path.exists():
        pytest.skip(f"{path} is missing: run `glotmill models fetch lid176`")
    mixed = page(*[SPANISH] * 8, BASQUE, BASQUE, *[SPANISH] * 8)
    outcome = gate(path, ("eus_Latn",), mixed, page(*[SPANISH] * 8), page(*[THAI] * 8))
    assert outcome.reasons.to_pylist() == [None, "gate.no_target_language", "gate.no_target_language"]

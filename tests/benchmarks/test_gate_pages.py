"""The benchmark of the gate: its mixed pages are what it says, and its bounds are exact."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "scripts")]

import gate as benchmark  # noqa: E402

from glotmill.text.visible import visible_text  # noqa: E402


def test_a_text_stands_in_the_middle_of_the_page_around_it() -> None:
    around = benchmark.as_page("\n".join(["una línea"] * 9))
    lines = visible_text(benchmark.within(around, "lerro bat")).split("\n")
    assert lines.index("lerro bat") in {3, 4, 5}
    assert lines.count("una línea") == 9


def test_a_share_of_60_of_60_shows_no_more_than_0_951() -> None:
    assert benchmark.share([True] * 60) == {"of": 60, "share": 1.0, "low": 0.9513}
    assert benchmark.share([]) == {"of": 0, "share": 0.0, "low": 0.0}


def test_false_passes_are_counted_on_no_close_kin() -> None:
    assert {"glg_Latn", "por_Latn", "spa_Latn"} <= benchmark.kin("glg_Latn")
    assert benchmark.kin("eus_Latn") == {"eus_Latn"}


def test_the_gate_of_the_benchmark_is_the_step() -> None:
    basque = "Gaur goizean amonarekin joan naiz azokara, eta sagarrak, gazta eta ogia erosi ditugu etxeko afarirako."
    pages = [benchmark.as_page(basque), benchmark.as_page("Esta mañana hemos ido con la abuela al mercado. " * 4)]
    assert benchmark.by_gate(("eus_Latn",))(pages) == [True, False]

"""The step `strip_lines`: which lines go, which documents, and what a file of phrases may not be."""

from pathlib import Path

import pyarrow as pa
import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Batch, Outcome, Resources, Scope
from glotmill.stages.strip_lines import StripLinesSpec
from support.effort import done_within

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {
    f"filters/lines/{path.name}": path.read_text(encoding="utf-8") for path in (ROOT / "filters/lines").glob("*.yaml")
}
ARTICLE = "섬으로 가는 배는 하루에 두 번 다닌다.\n등대까지는 마늘밭 사이로 난 길을 두 시간쯤 걸어야 한다."
OWN = """\
name: own
about: lines of this test
limits: none
cites: this test
languages: [{languages}]
rules:
  - {{phrases: [{phrase}], most_letters: {most}, examples: {{kept: ["{kept}"], removed: ["{removed}"]}}}}
"""


def stripped(rows: list[tuple[str | None, str | None]], files: dict[str, str], *lines: str, **more: float) -> Outcome:
    spec = StripLinesSpec.model_validate({"name": "s", "kind": "strip_lines", "lines": list(lines), **more})
    tags = ("kor_Hang", "deu_Latn", "tha_Thai", "tur_Latn")
    step = spec.build(Resources(Scope(tags, ("web",)), files))
    texts, languages = zip(*rows, strict=True)
    columns = {"text": pa.array(texts, pa.string()), "language": pa.array(languages, pa.string())}
    return step(Batch(pa.record_batch(columns)))


def texts(outcome: Outcome) -> list[str | None]:
    return outcome.batch.column("text").to_pylist()


def test_notices_under_a_korean_article_go_and_the_article_stays():
    page = f"{ARTICLE}\nⓒ 산마을신문, 무단 전재 및 재배포 금지\n공유하기 글 요소\n사업자 등록번호 000-00-00000"
    outcome = stripped([(page, "kor_Hang")], SHIPPED, "korean_notices")
    assert texts(outcome) == [ARTICLE]
    assert outcome.batch.column("stripped_lines").to_pylist() == [3]
    assert outcome.reasons is not None
    assert outcome.reasons.to_pylist() == [None]


def test_a_page_of_advertisements_is_dropped_and_says_how_much_of_it_they_are():
    page = "오늘의 소식\n안전놀이터 추천 먹튀 검증된 토토사이트 주소\n카지노사이트 바로 가기"
    outcome = stripped([(page, "kor_Hang")], SHIPPED, "korean_adverts")
    assert outcome.reasons is not None
    assert outcome.details is not None
    assert outcome.reasons.to_pylist() == ["strip_lines.mostly_stripped"]
    assert outcome.details.to_pylist() == ["29 of 34 letters in 2 lines"]


def test_other_languages_and_no_language_stay_as_they_are():
    rows = [("ⓒ 무단 전재 금지", "deu_Latn"), ("ⓒ 무단 전재 금지", None), (None, "kor_Hang"), ("", "kor_Hang")]
    outcome = stripped(rows, SHIPPED, "korean_notices")
    assert texts(outcome) == [text for text, _ in rows]
    assert outcome.batch.column("stripped_lines").to_pylist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("tag", "phrase", "line", "other"),
    [
        ("deu_Latn", "Alle Rechte vorbehalten", "ALLE RECHTE VORBEHALTEN.", "Der See ist zugefroren."),
        ("tur_Latn", "Tüm hakları saklıdır", "© Tüm  hakları saklıdır", "Balıkçılar limana döndü."),
        ("tha_Thai", "สงวนลิขสิทธิ์", "สงวนลิขสิทธิ์ ๒๕๖๙", "เด็กๆ เดินไปโรงเรียน"),
    ],
)
def test_a_file_of_one_s_own_works_in_any_language(tag: str, phrase: str, line: str, other: str):
    text = OWN.format(languages=tag, phrase=phrase, most=60, kept=other, removed=line)
    outcome = stripped([(f"{other}\n{line}\n{other}", tag)], {"filters/lines/own.yaml": text}, "own")
    assert texts(outcome) == [f"{other}\n{other}"]


def test_a_line_with_more_letters_than_the_rule_says_stays():
    text = OWN.format(languages="deu_Latn", phrase="Impressum", most=9, kept="Impressumspflicht", removed="Impressum")
    outcome = stripped([("Im See\nImpressum\nzum Impressum", "deu_Latn")], {"filters/lines/own.yaml": text}, "own")
    assert texts(outcome) == ["Im See\nzum Impressum"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kept": "Impressum"}, "takes its example 'Impressum'"),
        ({"removed": "Der See"}, "keeps its example 'Der See'"),
        ({"phrase": "AG"}, "at least 3 characters"),
        ({"languages": "de"}, "write deu_Latn for de"),
        ({"languages": "hin_Deva"}, "none of the recipe's languages"),
    ],
)
def test_what_a_file_may_not_be_is_said_before_any_data_is_read(change: dict[str, str], message: str):
    values = {"languages": "deu_Latn", "phrase": "Impressum", "most": 60, "kept": "Im See", "removed": "Impressum"}
    text = OWN.format(**{**values, **change})
    with pytest.raises(RecipeError, match=message):
        stripped([("Im See", "deu_Latn")], {"filters/lines/own.yaml": text}, "own")


def test_hostile_lines_cost_linear_time():
    text = OWN.format(languages="deu_Latn", phrase="a a a b", most=1000000, kept="Im See", removed="a a a b")
    lines = [("a " * 100_000, "deu_Latn"), ("a" + " " * 200_000, "deu_Latn"), ("\n" * 200_000, "deu_Latn")]
    outcome = done_within(2, lambda: stripped(lines, {"filters/lines/own.yaml": text}, "own"))
    assert outcome.batch.column("stripped_lines").to_pylist() == [0, 0, 0]

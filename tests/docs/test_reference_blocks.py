"""What the reference shows of a corpus is so, held against one: its folders, its files, and how readers open it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.code_blocks import blocks_of
from support.command import glotmill

RECIPE = """\
name: web
version: 1.0.0
languages: [amh_Ethi, mlt_Latn]
source: {kind: jsonl, of: pages, columns: {crawl_time: time}}
steps:
  - {name: rights, kind: permit, allow: open-definition, consent: record-only}
  - {name: clean, kind: normalize}
  - {name: language, kind: identify, identifier: words}
  - {name: exact, kind: exact_dedup}
sink: {kind: parquet, partition_by: [crawl_month, language]}
"""
SOURCE = "name: Pages\nlicense: {expression: CC0-1.0, state: verified, evidence: written for this test}\nterms: none\ncontact: t@example.org\n"
AMHARIC = "ዛሬ ጠዋት ልጆች ወደ ትምህርት ቤት ሄዱ። እናታቸው ደግሞ ገበያ ሄዳ ሽንኩርት እና ዳቦ ገዛች።"
MALTESE = (
    "Dalgħodu t-tfal marru l-iskola u ommhom marret is-suq biex tixtri l-ħobż u l-ħaxix għall-ikla ta’ filgħaxija."
)
ROWS = [
    (f"{AMHARIC} 1", "2026-11-03T06:00:00Z"),
    (MALTESE, "2026-11-27T06:00:00Z"),
    (f"{AMHARIC} 2", "2026-12-01T06:00:00Z"),
    (f"{AMHARIC} 3", None),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("reference")
    for name, text in {"pipelines/web.yaml": RECIPE, "manifests/sources/pages.yaml": SOURCE}.items():
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text(text, encoding="utf-8")
    lines = (
        json.dumps({"text": text, "time": time, "url": f"https://gazeta.example/{number}"}, ensure_ascii=False)
        for number, (text, time) in enumerate(ROWS)
    )
    (home / "pages.jsonl").write_text("\n".join(lines), encoding="utf-8")
    glotmill("run", "web", "--bind", "pages=pages.jsonl", "--out", "out", cwd=home)
    glotmill("index", "out/web/1.0.0", cwd=home)
    return home


def shown(page: Path, kind: str) -> str:
    """Return the one block of a page that is tested here and of a kind."""
    (text,) = [
        block.text
        for block in blocks_of(page)
        if block.kind == kind and block.tested_by is not None and Path(__file__).name in block.tested_by
    ]
    return text


def ran(code: str, home: Path) -> str:
    """Run lines of Python as their reader does, in a process of their own."""
    done = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_corpus_has_the_folders_that_the_reference_shows(root: Path, home: Path) -> None:
    data = home / "out/web/1.0.0/data"
    there = sorted(f"data/{path.relative_to(data).as_posix()}" for path in data.rglob("*.parquet"))
    assert there == shown(root / "docs/reference/recipe.md", "text").splitlines()


@pytest.mark.slow
def test_every_reader_opens_it_by_the_calls_of_the_reference(root: Path, home: Path) -> None:
    imports, _, calls = shown(root / "docs/reference/recipe.md", "python").partition("\n\n")
    lines = calls.splitlines()
    counted = [f"print(len({call}))" for call in lines[:3]] + [f"print({lines[3]}['train'].num_rows)"]
    assert ran("\n".join([imports, *counted]), home).split() == ["2", "2", "2", "2"]


def test_a_part_proves_itself_by_the_lines_of_the_reference(root: Path, home: Path) -> None:
    code = shown(root / "docs/reference/manifest.md", "python")
    (part,) = (home / "out/web/1.0.0/data/unknown").rglob("*.parquet")
    ran(f"path = {str(part)!r}\n{code}", home)
    spoilt = home / "spoilt.parquet"
    content = bytearray(part.read_bytes())
    content[9] ^= 1
    spoilt.write_bytes(content)
    with pytest.raises(AssertionError, match=f"line {1 + len(code.splitlines())}, in <module>"):
        ran(f"path = {str(spoilt)!r}\n{code}", home)
    assert "data_sha256" in code.splitlines()[-1]


def test_the_files_of_a_run_are_those_of_the_architecture(root: Path, home: Path) -> None:
    run = home / "out/web/1.0.0"
    first, *lines = shown(root / "docs/architecture.md", "text").splitlines()
    assert first == "OUT/<name>/<version>/"
    named = [re.split(r" {2,}", line.strip())[0] for line in lines if line.startswith("  ")]
    patterns = [part.removesuffix(" ...").rstrip("/") for line in named for part in line.split(", ")]
    patterns = [re.sub(r"<\w+>", "*", pattern) for pattern in patterns]
    assert [pattern for pattern in patterns if not list(run.glob(pattern))] == ["attribution"]  # of many credits alone
    inside = re.search(r"^ *phase-0/ +(.*)$", "\n".join(lines), re.MULTILINE)
    assert inside is not None
    assert {f"{path.name}/" for path in (run / "phase-0").iterdir()} <= set(inside[1].split())
    shown_tops = {pattern.partition("/")[0] for pattern in patterns}
    unnamed = [path.name for path in run.iterdir() if not any(path.match(top) for top in shown_tops)]
    assert unnamed == []

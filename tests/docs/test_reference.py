"""Reference pages that are written from the code are those that the code would write."""

import runpy
from pathlib import Path


def test_the_pages_of_options_and_fields_are_those_of_the_code(root: Path) -> None:
    pages = runpy.run_path(str(root / "scripts" / "write_reference.py"))["pages"]()
    stale = [
        path.name for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    stale += [path.name for path in (root / "docs/reference/schemas").glob("*.md") if path not in pages]
    assert stale == [], "run `make schemas`"

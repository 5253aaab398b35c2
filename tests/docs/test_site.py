"""The site: every page is in its navigation, once, and what the repository's viewers and MkDocs read differently is mended."""

import runpy
from pathlib import Path

import pytest
import yaml


@pytest.fixture(scope="module")
def site(root: Path) -> dict:
    return runpy.run_path(str(root / "scripts" / "docs_site.py"))


def test_every_page_stands_in_the_navigation_once(root: Path, site: dict) -> None:
    pages = [path.relative_to(root / "docs").as_posix() for path in (root / "docs").rglob("*.md")]
    nav = yaml.safe_load((root / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(site["named"](site["navigation"](nav, pages))) == sorted([*pages, *site["LISTS"], *site["ELSEWHERE"]])


def test_a_page_that_no_line_names_stands_behind_those_of_its_folder(site: dict) -> None:
    nav = [
        {"Home": "index.md"},
        {"How to": [{"Sources": ["how-to/crawl.md"]}, {"More": ["how-to/*"]}]},
        {"Rest": ["*"]},
    ]
    pages = ["how-to/new.md", "index.md", "how-to/crawl.md", "how-to/deep/own.md"]
    more = [{"Sources": ["how-to/crawl.md"]}, {"More": ["how-to/new.md"]}]
    assert site["navigation"](nav, pages) == [{"Home": "index.md"}, {"How to": more}]


def test_links_lead_where_the_site_has_their_target(site: dict) -> None:
    mended = site["mended"]
    assert mended("[a](../decisions/)", "how-to/x.md") == "[a](../decisions/index.md)\n"
    assert mended("[a](docs/languages/)", "contributing.md") == "[a](languages/README.md)\n"
    assert mended("[a](../CONTRIBUTING.md#b)", "index.md") == "[a](contributing.md#b)\n"
    assert mended("[a](../../manifests/licenses.yaml)", "how-to/x.md") == "[a](../files/manifests/licenses.yaml)\n"
    assert mended("[a](https://x.example/#b)", "index.md") == "[a](https://x.example/#b)\n"
    assert mended("```sh\n[a](../b.md)\n```", "index.md") == "```sh\n[a](../b.md)\n```\n"


def test_lists_and_tables_begin_behind_a_blank_line(site: dict) -> None:
    assert (
        site["mended"]("Words:\n- one\n- two\n| a |\n|---|", "index.md") == "Words:\n\n- one\n- two\n\n| a |\n|---|\n"
    )
    assert site["mended"]("```text\nWords:\n- one\n```", "index.md") == "```text\nWords:\n- one\n```\n"


def test_a_page_is_introduced_by_its_first_sentence(site: dict) -> None:
    text = "# Txalupa\n\n<!-- Written. -->\n\nA [boat](x.md) of `kind: wood. Old`\nis built. It floats.\n"
    assert site["opening"](text) == ("Txalupa", "A boat of `kind: wood. Old` is built.")
    assert site["opening"]("# Table\n\n| a |\n|---|\n") == ("Table", "")


def test_what_a_page_would_load_from_elsewhere_is_found(site: dict) -> None:
    loaded = site["LOADED"].search
    assert loaded('<script defer src="https://cdn.example/a.js"></script>')
    assert loaded("<link rel=stylesheet href=//fonts.example/css>")
    assert not loaded('<a href="https://example.org/">out</a><img src="../a.png">')

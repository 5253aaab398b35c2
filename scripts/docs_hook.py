"""What MkDocs calls when it builds the site: mkdocs.yml names this file, `make docs` runs it."""

from pathlib import Path

from docs_site import ELSEWHERE, LISTS, LOADED, ROOT, links, listing, mended, navigation, target
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the navigation, and name headings as the viewers of the repository do, in every script."""
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    config.nav = navigation(config.nav or [], pages)
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that list others, those that stand elsewhere, and the files that pages link to."""
    for page, origin in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(ROOT / origin).read_text(encoding="utf-8")))
    for name in LISTS:
        files.append(File.generated(config, name, content=listing(name, config.nav or [])))
    carried: dict[str, Path] = {}
    for file in files.documentation_pages():
        place = ELSEWHERE.get(file.src_uri, f"docs/{file.src_uri}")
        found = (target(link, place) for link in links(file.content_string))
        carried |= {name: path for name, path in found if path is not None and path.is_file()}
    for name, path in sorted(carried.items()):
        files.append(File.generated(config, name, content=path.read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Mend what the viewers of the repository read otherwise than MkDocs."""
    return mended(markdown, page.file.src_uri)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Refuse a page that would load something from elsewhere when it is read."""
    if found := LOADED.search(output):
        raise PluginError(f"{page.file.src_uri} loads from the network: {found[0][:200]}")
    return output

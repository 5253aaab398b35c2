"""The tutorial: word by word it gives a verified corpus, in Basque and in the languages that it invites to."""

import json
from pathlib import Path

import pytest

from support.pages import run_page


def test_the_tutorial_prints_what_it_says(root: Path, tmp_path: Path) -> None:
    run_page(root / "docs" / "tutorial.md", tmp_path)
    assert (tmp_path / "my-corpus/out/eus-web/0.2.0/manifest.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    "tag", ["deu_Latn", "tur_Latn", "swh_Latn", "arb_Arab", "heb_Hebr", "hin_Deva", "tha_Thai", "khm_Khmr", "cmn_Hani"]
)
def test_the_tutorial_holds_in_every_language_that_it_names(root: Path, tmp_path: Path, tag: str) -> None:
    page, code = root / "docs" / "tutorial.md", tag.partition("_")[0]
    assert f"`{tag}`" in page.read_text(encoding="utf-8")

    def change(commands: str) -> str:
        # The pages that the reader asks about and brings are in the reader's own language, and so not these.
        mine = [line for line in commands.splitlines() if not line.startswith("glotmill why ")]
        return "\n".join(mine).replace("eus_Latn", tag).replace("eus-", f"{code}-")

    run_page(page, tmp_path, change)
    manifest = json.loads((tmp_path / f"my-corpus/out/{code}-web/0.1.0/manifest.json").read_text(encoding="utf-8"))
    assert manifest["account"]["kept"] > 0

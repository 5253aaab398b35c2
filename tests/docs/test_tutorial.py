"""The tutorial: word by word it gives a verified corpus, in Basque and in the languages that it invites to."""

from pathlib import Path

from support.pages import run_and_compare


def test_the_tutorial_prints_what_it_says(root: Path, tmp_path: Path) -> None:
    run_and_compare(root / "docs" / "tutorial.md", tmp_path)
    assert (tmp_path / "my-corpus/out/eus-web/0.2.0/manifest.json").is_file()

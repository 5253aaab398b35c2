"""Sorting of more lines than memory should hold."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.provenance.sorting import SortedLines

LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=40)
@given(st.lists(LINE, max_size=60), st.integers(min_value=1, max_value=40))
def test_lines_come_back_in_order_from_memory_and_from_disk(lines: list[str], run_characters: int) -> None:
    with TemporaryDirectory() as folder:
        found = SortedLines(Path(folder), run_characters=run_characters)
        for line in lines:
            found.add(line)
        assert list(found) == sorted(lines)


def test_many_runs_are_merged_before_too_many_files_are_open(tmp_path: Path) -> None:
    found = SortedLines(tmp_path, run_characters=10)
    lines = [f"ழ{number * 7919 % 1000:03d}\tமரம்" for number in range(1000)]
    for line in lines:
        found.add(line)
    assert len(list(tmp_path.iterdir())) <= 64
    assert list(found) == sorted(lines)

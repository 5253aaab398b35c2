"""Readers of runs: every row once whatever the number of readers, a position that goes on, and Ray Data with filters."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from glotmill.core.errors import SettingsError
from glotmill.handover.ray_data import to_ray_dataset
from glotmill.handover.streaming import Reader, RowStream
from glotmill.provenance.folder import RunFolder
from glotmill.run.takedown.journal import PENDING
from support.mixes import mixed, planned, rows
from support.rights import Licensed
from support.rights import rows as stories

SINK = {"kind": "parquet", "partition_by": ["license_class"], "part_mb": 0.05, "row_group_rows": 20}


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("mix")
    bench = Licensed(folder, stories(90), shard_mb=1, sink=SINK)
    return mixed(planned(bench.project, bench.run()), folder)


def read(mix: RunFolder, reader: Reader, **more: object) -> list[tuple[int, str]]:
    return [(number, row["doc_id"]) for number, row in RowStream(mix.address, ["doc_id"], reader=reader, **more)]


@pytest.mark.parametrize(("ranks", "workers"), [(1, 1), (2, 1), (3, 2), (1, 4), (40, 3)])
def test_all_readers_together_read_every_row_once(mix: RunFolder, ranks: int, workers: int) -> None:
    readers = [
        Reader.of(rank=rank, ranks=ranks, worker=worker, workers=workers)
        for rank in range(ranks)
        for worker in range(workers)
    ]
    found = [pair for reader in readers for pair in read(mix, reader)]
    assert sorted(found) == list(enumerate(row["doc_id"] for row in rows(mix)))


def test_the_workers_of_a_rank_in_turn_give_its_rows_in_order(mix: RunFolder) -> None:
    streams = [iter(read(mix, Reader.of(rank=1, ranks=2, worker=worker, workers=3))) for worker in range(3)]
    turns = [next(streams[turn % 3])[0] for turn in range(9)]
    assert turns == [1, 3, 5, 7, 9, 11, 13, 15, 17]


@pytest.mark.parametrize("start", [0, 1, 37, 89, 90, 1_000])
def test_other_readers_go_on_where_a_position_says(mix: RunFolder, start: int) -> None:
    found = sorted(pair for index in range(5) for pair in read(mix, Reader(index, 5), start=start))
    assert found == list(enumerate(row["doc_id"] for row in rows(mix)))[start:]


def test_a_filter_leaves_the_numbers_of_rows_as_they_are(mix: RunFolder) -> None:
    everything = rows(mix)
    found = read(mix, Reader(0, 1), languages=["th", "swh_Latn"], license_classes=["attribution"])
    assert found == [
        (number, row["doc_id"])
        for number, row in enumerate(everything)
        if row["language"] in ("tha_Thai", "swh_Latn") and row["license_class"] == "attribution"
    ]
    assert found


def test_what_a_run_does_not_have_is_named(mix: RunFolder) -> None:
    with pytest.raises(SettingsError, match=r"no column 'tokns'. Did you mean tokens"):
        RowStream(mix.address, ["tokns"], reader=Reader(0, 1))
    with pytest.raises(SettingsError, match="no column 'quality_band'"):
        RowStream(mix.address, ["text"], reader=Reader(0, 1), bands=["hq"])
    with pytest.raises(SettingsError, match="counted from 0"):
        Reader(3, 3)
    with pytest.raises(SettingsError, match="holds no manifest"):
        RowStream(str(Path(mix.address).parent), ["text"], reader=Reader(0, 1))


def test_a_run_between_two_states_is_read_by_nobody(mix: RunFolder, tmp_path: Path) -> None:
    half = RunFolder(str(tmp_path / "half"))
    shutil.copytree(mix.address, half.address)
    half.write_json(PENDING, {"identity": "a"})
    for folder in (half, RunFolder(str(tmp_path / "other"))):
        if folder is not half:  # a run that the takedown of another one reaches
            shutil.copytree(mix.address, folder.address)
            folder.write_json("takedowns/pending-elsewhere.json", {"at": half.address, "identity": "a"})
        for begin in (partial(RowStream, reader=Reader(0, 1)), to_ray_dataset):
            with pytest.raises(SettingsError, match=f"takedown of {folder.address} was interrupted\n.*{half.address}"):
                begin(folder.address, columns=["text"])


@pytest.mark.slow
def test_a_run_is_a_ray_dataset_with_filters(mix: RunFolder) -> None:
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        everything = rows(mix)
        whole = to_ray_dataset(mix.address)
        assert sorted(row["doc_id"] for row in whole.take_all()) == sorted(row["doc_id"] for row in everything)
        some = to_ray_dataset(
            mix.address,
            columns=["language", "text"],
            languages=["tha_Thai", "khm_Khmr"],
            license_classes=["attribution"],
        )
        assert Counter(tuple(row.items()) for row in some.take_all()) == Counter(
            (("language", row["language"]), ("text", row["text"]))
            for row in everything
            if row["language"] in ("tha_Thai", "khm_Khmr") and row["license_class"] == "attribution"
        )
    finally:
        ray.shutdown()


@pytest.fixture(scope="module")
def with_torch(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with PyTorch, installed by name."""
    folder = str(tmp_path_factory.mktemp("torch"))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", folder, "torch==2.13.0"], check=True)
    return folder


@pytest.mark.slow
def test_the_loader_of_the_how_to_reads_every_row_once_and_goes_on(
    mix: RunFolder, with_torch: str, root: Path, tmp_path: Path
) -> None:
    page = (root / "docs" / "how-to" / "mix-and-train.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    ask = (
        "import json, sys\n"
        "def numbers(*given, **more):\n"
        "    return [n for batch in batches(sys.argv[1], *given, **more) for n in batch['number'].tolist()]\n"
        "if __name__ == '__main__':\n"
        "    print(json.dumps([numbers(0, 2), numbers(1, 2), numbers(0, 1, start=40, workers=0)]))\n"
    )
    (tmp_path / "train.py").write_text(f"{code}\n{ask}", encoding="utf-8")
    path = os.pathsep.join([*sys.path, with_torch])
    ran = subprocess.run(
        [sys.executable, "train.py", mix.address],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    first, second, rest = json.loads(ran.stdout)
    count = len(rows(mix))
    assert sorted(first + second) == list(range(count))
    assert first[0] == 0
    assert rest == list(range(40, count))

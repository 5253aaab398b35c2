"""A writer that is killed ten times leaves every page exactly once, in files that are whole."""

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from fetches import archive, by_fastwarc, by_source, by_warcio

from glotmill.crawl import cdxj
from glotmill.crawl.archive import Mark, published


def test_ten_kills_lose_nothing_and_double_nothing(tmp_path):
    draw = random.Random(6)
    leftovers = 0
    for _ in range(10):
        child = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("killed_writer.py")), str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdout.readline() == b"begun\n", child.stderr.read()
        time.sleep(draw.uniform(0, 0.4))
        child.kill()
        child.communicate()
        with sqlite3.connect(tmp_path / "frontier.sqlite") as base:
            row = base.execute("select done, file, offset from mark").fetchone() or (0, 0, 0)
        last = tmp_path / f"warc/zatia-0-{row[1]:05d}.warc.gz"
        leftovers += last.exists() and last.stat().st_size > row[2]
    done, *at = row
    with archive(tmp_path) as made:
        made.recover(Mark(*at))
        made.settle(made.end())

    paths = sorted((tmp_path / "warc").glob("*.warc.gz"))
    assert list(published(tmp_path)) == paths
    assert len(paths) > 3
    assert leftovers > 0, "no kill came between writing and committing"
    fetched, revisits, pages = [], [], []
    for path in paths:
        records = by_fastwarc(path)
        assert len(by_warcio(path)) == len(records)
        assert cdxj.index(cdxj.rebuild(path)) == path.with_name(path.name.replace(".warc.gz", ".cdxj")).read_bytes()
        fetched += [fields["warc-target-uri"] for kind, fields, _ in records if kind in ("response", "revisit")]
        revisits += [fields["warc-refers-to-target-uri"] for kind, fields, _ in records if kind == "revisit"]
        pages += [row["url"] for row in by_source(path)]
    assert fetched == [f"https://adibidea.example/{number}" for number in range(done)]
    # A table of payloads that lost its last rows costs copies; one that kept rows of lost records would point nowhere.
    assert set(revisits) <= set(pages)
    assert set(pages) >= {url for url in fetched if int(url.rpartition("/")[2]) % 11 != 5}
    assert len(pages) == len(set(pages))

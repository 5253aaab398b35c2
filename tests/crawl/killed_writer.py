"""A crawler's worker reduced to its writing: fetches are numbers, and a database says which are done and up to where.

It goes on from the last commit and never ends by itself: `python killed_writer.py FOLDER`.
"""

import sqlite3
import sys
from pathlib import Path

from fetches import archive, page

from glotmill.crawl.archive import Mark
from glotmill.crawl.records import About

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    base = sqlite3.connect(folder / "frontier.sqlite")
    base.execute("create table if not exists mark (done integer, file integer, offset integer)")
    done, *at = base.execute("select done, file, offset from mark").fetchone() or (0, 0, 0)
    with archive(folder, max_bytes=60_000) as made:
        made.recover(Mark(*at))
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        while True:
            for number in range(done, done + 1 + done % 7):
                made.write(page(number, "<html>bera" if number % 11 == 5 else None), About())
                done = number + 1
            mark = made.end() if done % 50 == 0 else made.flush()
            with base:
                base.execute("delete from mark")
                base.execute("insert into mark values (?, ?, ?)", (done, mark.file, mark.offset))
            made.settle(mark)

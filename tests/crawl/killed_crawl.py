"""A crawl of a made-up site in a process that is there to be killed."""

import os
import sys
import time
from pathlib import Path

from glotmill.crawl.entries import Found, Result, Written
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.messages import Link


def _site(url):
    """Return the links of a page of the site: 400 pages on 8 hosts, each page linked from two others."""
    number = int(url.rpartition("/")[2])
    return [f"https://h{n % 8}.example/{n}" for n in (2 * number + 1, 2 * number + 2) if n < 400]


def crawl_until_killed(folder):
    """Crawl the site as a worker would: write, sync, commit; run in a child that is killed at any moment."""
    with Frontier(folder) as frontier:
        recovery = frontier.recover()
        warc = folder / "pages.warc"
        with warc.open("ab") as file:
            file.truncate(recovery.files.get(warc.name, 0))
            file.seek(0, os.SEEK_END)  # what `tell` counts from
            frontier.open_file(warc.name)
            frontier.add([Found(Link("https://h0.example/0", "seed"), 1.0)])
            sys.stdout.write("go\n")
            sys.stdout.flush()
            now = 0.0
            while (time_ := frontier.next_time()) is not None:
                now = max(now + 0.1, time_)
                ended = []
                for entry in frontier.claim(now, 3):
                    place = file.tell()
                    file.write(f"{entry.url}\n".encode())
                    links = [Found(Link(link, "link"), 0.5, entry.hops + 1) for link in _site(entry.url)]
                    count = int(frontier.noted("count", entry.host) or b"0") + 1
                    result = Result(
                        "done", now, now + 1, found=links, notes={("count", entry.host): str(count).encode()}
                    )
                    ended.append((entry, result, place))
                file.flush()
                os.fsync(file.fileno())
                frontier.finish_all([(e, r, Written(warc.name, p, file.tell())) for e, r, p in ended])
                time.sleep(0.005)


if __name__ == "__main__":
    crawl_until_killed(Path(sys.argv[1]))

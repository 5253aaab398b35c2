"""The frontier at size: memory, speed and disk of one shard in a process of its own, on made-up URLs.

    .venv/bin/python benchmarks/crawl_frontier.py --json
    .venv/bin/python benchmarks/crawl_frontier.py --urls 100000 --hosts 1000

Pages of 100 links, 80 of them to their own host and 20 to any, fill the queue, ten pages a transaction; hosts are drawn by a power law, and paths are in
several scripts (some 90 characters a URL). Then `--claims` entries are claimed 50 at a time and committed 50 at a time, each with ten new links and a note of
its host. Speeds are by the clock; those with `cpu` count the seconds of the processor alone, which a busy machine does not change.
`mb_at_1m_urls` is the peak of the process (getrusage), MB of 1,000,000 bytes, interpreter and imports included.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from glotmill.crawl.entries import Found, Result, Written
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.messages import Link

_WORDS = ("%E0%A4%AC%E0%A4%BE%E0%A4%9C", "azoka", "%D0%B6%D1%83%D1%80", "herria")


def links(start: int, count: int, hosts: int, dice: random.Random) -> list[Found]:
    """Return the new links of one page: four of five to its own host, the others anywhere; most pages are of few hosts."""
    found = []
    own = int(hosts * dice.random() ** 3)
    for number in range(start, start + count):
        host = own if dice.random() < 0.8 else int(hosts * dice.random() ** 3)
        url = (
            f"https://www.herri-{host}.example/{_WORDS[number % 4]}/{2000 + number % 27}/{_WORDS[number % 3]}-{number}"
        )
        found.append(Found(Link(url, "link"), dice.random(), 1))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--urls", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=20_000)
    parser.add_argument("--claims", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    dice = random.Random(6)
    with tempfile.TemporaryDirectory() as folder, Frontier(Path(folder), host_limit=given.urls) as frontier:
        began = time.perf_counter()
        start_cpu = time.process_time()
        for start in range(0, given.urls, 1_000):
            frontier.add(
                [one for page in range(start, start + 1_000, 100) for one in links(page, 100, given.hosts, dice)]
            )
        added = time.perf_counter() - began
        added_cpu = time.process_time()
        added_cpu -= start_cpu
        database = sum(path.stat().st_size for path in Path(folder).glob("*.sqlite"))
        claimed, claiming, finishing = 0, 0.0, 0.0
        now, slowest = 0.0, 0.0
        start_cpu = time.process_time()
        while claimed < given.claims:
            now += 1.0
            began = time.perf_counter()
            entries = frontier.claim(now, 50)
            between = time.perf_counter()
            frontier.finish_all(
                [
                    (
                        entry,
                        Result(
                            *("done", now, now + 5.0),
                            found=links(given.urls + 10 * claimed + 10 * place, 10, given.hosts, dice),
                            notes={("traps", entry.host): b"x" * 500},
                        ),
                        Written("a.warc.gz", claimed, claimed),
                    )
                    for place, entry in enumerate(entries)
                ]
            )
            slowest = max(slowest, between - began)
            claiming += between - began
            finishing += time.perf_counter() - between
            claimed += len(entries)
        worked_cpu = time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    figures = {
        "mb_at_1m_urls" if given.urls == 1_000_000 else f"mb_at_{given.urls}_urls": round(peak / 1e6, 1),
        "database_mb": round(database / 1e6, 1),
        "add_per_s": round(given.urls / added),
        "add_per_cpu_s": round(given.urls / added_cpu),
        "claim_per_s": round(claimed / claiming),
        "finish_per_s": round(claimed / finishing),
        "claim_and_finish_per_cpu_s": round(claimed / worked_cpu),
        "slowest_claim_ms": round(slowest * 1000, 1),
    }
    if given.json:
        print(json.dumps({"figures": figures}))
    else:
        for name, value in figures.items():
            print(f"{name:28} {value:>12,}")


if __name__ == "__main__":
    main()

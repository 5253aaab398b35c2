"""A crawl of one shard in a process of its own, to be killed or measured: `python crawling_child.py FOLDER JOB`.

JOB is JSON: what `CrawlJob` takes, `names` as host -> list of answers (the n-th question has the n-th answer, the last
one for ever), `bounds` for `ShardCrawl.run`. It writes `begun`, and at the end one line of JSON: the report, and
what the process took.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from glotmill.crawl.crawler import ShardCrawl
from glotmill.crawl.job import CrawlJob
from glotmill.crawl.limits import Agent, Limits
from glotmill.crawl.politeness import Limits as PoliteLimits
from glotmill.licensing.agents import AiAgents


class Turning(Mapping[str, tuple[str, ...]]):
    """Names whose addresses change from one question to the next, as those of a rebinding server do."""

    def __init__(self, answers: Mapping[str, list[list[str]]]) -> None:
        self._answers, self._asked = answers, dict.fromkeys(answers, 0)

    def __getitem__(self, host: str) -> tuple[str, ...]:
        answers = self._answers[host]
        self._asked[host] += 1
        return tuple(answers[min(self._asked[host], len(answers)) - 1])

    def __contains__(self, host: object) -> bool:
        return host in self._answers

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)


def read_job(text: str) -> tuple[CrawlJob, dict[str, float]]:
    """Return the job of a JSON text and the bounds of its run."""
    values = json.loads(text)
    bounds = values.pop("bounds", {})
    given = {
        "name": "proba",
        "plan": "plan",
        "languages": ("eus_Latn",),
        "agent": Agent("crawl@example.org", "https://example.org/bot"),
        "agents": AiAgents(functions={"trenbot": "training"}, training={"trenbot": "Trenbot"}),
        "allow_private": True,
        **values,
        "seeds": tuple(values["seeds"]),
        "ports": frozenset(values["ports"]),
        "names": Turning(values["names"]),
        "polite": PoliteLimits(**values.get("polite", {})),
        "fetch": Limits(**values.get("fetch", {})),
    }
    return CrawlJob(**given), bounds


def main() -> None:
    folder = Path(sys.argv[1])
    job, bounds = read_job(Path(sys.argv[2]).read_text(encoding="utf-8"))
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.monotonic()
    report = ShardCrawl(job, folder, 0).run(**bounds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    took = {
        "seconds": time.monotonic() - begun,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak": after.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "peak_before": before.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    values = {
        "pages": report.pages,
        "policies": report.done.policies,
        "outcomes": dict(report.outcomes),
        "idle": report.idle,
    }
    sys.stdout.write(json.dumps({**values, **took}) + "\n")


if __name__ == "__main__":
    main()

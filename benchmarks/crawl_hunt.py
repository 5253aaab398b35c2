"""SIMULATION: harvest curves of the hunt and of breadth-first on made-up host graphs of several shapes.

    make bench-hunt
    make bench-hunt BENCH_ARGS="--json"
    make bench-hunt BENCH_ARGS="--tune"      # the same on the graphs for tuning
    make bench-hunt BENCH_ARGS="--sweep"     # other limits and beliefs, one at a time, on smaller graphs for tuning

Nothing is fetched and no page exists: hosts, pages, links and verdicts are drawn from a seed, by assumptions that are written
down in `SHAPES` and in `Graph`. What such curves show is whether a policy does what it is meant to on a web that is as assumed, not what it finds on
the real one. Both policies start from the same seeds, know the same links and are told the same verdicts, the gate's mistakes
included. The order is all that counts: there is no clock, so that politeness (one request per host at a time) delays neither.

Hosts have Pareto sizes and popularity, pages lognormal sizes. Shapes:

* `sparse`: one host in a hundred is in the target, and three in ten links of its pages to other hosts go to such hosts;
* `folders`: besides few such hosts some have a folder in the target, half of those under a name that is no language code;
* `loose`: `sparse`, but one in twenty of such links do so;
* `mixed`: one host in ten is in the target, links say nothing of language;
* `dense`: four hosts in five are in the target;
* `farms`: `sparse`, and farms that link among themselves, each page with a line of target text, to which one target page in twenty links.

Breadth-first takes every page it can reach, or as many as its budget. `recall` is what the hunt finds of that text within as
many fetches, `share` at which part of the fetches it has 95 % of it. Text of farms counts for nobody. Reported figures are the worst over `SPARSE`, the seeds
in `REPORTED` and both budgets; limits and beliefs were chosen on those in `TUNING` alone.
"""

import argparse
import heapq
import itertools
import json
import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from glotmill.crawl.hunt import DEFAULT, HOST_PARKED, TOO_FAR, Beliefs, Hunt, HuntSpec, Order
from glotmill.crawl.messages import Link
from glotmill.crawl.sections import host_of
from glotmill.crawl.worth import PageVerdict, Worth

TARGET = "eus_Latn"
SEEDS = 10  # seed URLs, home pages, half of them of hosts with target text
ENOUGH = 0.95
BUDGETS = {"whole": 1.0, "quarter": 0.25}  # of all pages
TUNING, REPORTED = (101, 102, 103), (1, 2, 3, 4, 5)
SWEPT: dict[str, tuple[float | None, ...]] = {
    "tunnel": (2, 4),
    "widest": (2, 4),
    "budget": (5, 10, 40),
    "explore_every": (None, 5),
    "share": (0.02, 0.1),
    "density": (0.02, 0.2),
    "certainty": (65_536, 262_144),
    "request": (1, 65_536),
    "kinship": (0.0, 1.5, 5.0),
    "rejected": (0.0, 2.0),
}
SWEPT_HOSTS = 800
MISSED, FALSE = 0.01, 0.0005  # the gate's mistakes, benchmarks/gate.py
LANGUAGES = ("es", "fr", "en", "pt")


@dataclass(frozen=True)
class Shape:
    """What a graph is like.

    Args:
        hosts: how many, without farms.
        target: share of hosts in the target.
        folders: share of hosts that have a folder in the target.
        kinship: share of links from text in the target to other hosts that go to hosts with such text, whatever chance does.
        farms: hosts of farms.
    """

    hosts: int
    target: float
    folders: float = 0.0
    kinship: float = 0.3
    farms: int = 0


SHAPES = {
    "sparse": Shape(2_500, 0.01),
    "folders": Shape(2_500, 0.002, folders=0.02),
    "loose": Shape(2_500, 0.01, kinship=0.05),
    "mixed": Shape(1_000, 0.1, kinship=0.0),
    "dense": Shape(1_000, 0.8),
    "farms": Shape(2_500, 0.01, farms=150),
}
SPARSE = ("sparse", "loose", "folders")


@dataclass
class Graph:
    """Pages by number; those of a host stand together, its home page first."""

    urls: list[str] = field(default_factory=list)
    text: list[int] = field(default_factory=list)  # characters in the target
    size: list[int] = field(default_factory=list)  # bytes
    farmed: list[bool] = field(default_factory=list)
    links: list[list[int]] = field(default_factory=list)
    declared: list[str | None] = field(default_factory=list)  # what hreflang says of a page
    seeds: list[int] = field(default_factory=list)

    @classmethod
    def drawn(cls, shape: Shape, seed: int) -> "Graph":
        """Draw a graph."""
        return _Drawing(shape, seed).graph

    @property
    def whole(self) -> int:
        """Characters of target text, farms aside."""
        return sum(text for text, farmed in zip(self.text, self.farmed, strict=True) if not farmed)


@dataclass(frozen=True)
class _Host:
    first: int
    parts: tuple[range, ...]  # pages of each folder; the first is what stands in the root
    target: tuple[bool, ...]

    @property
    def speaks(self) -> bool:
        return any(self.target)


class _Drawing:
    def __init__(self, shape: Shape, seed: int) -> None:
        self._draw = random.Random(f"{seed}")
        self._shape = shape
        self.graph = Graph()
        speaking = self._counted(shape.target, shape.hosts)
        folders = self._counted(shape.folders, shape.hosts) - speaking
        self._hosts = [self._host(n, n in speaking, n in folders) for n in range(shape.hosts)]
        self._popular = list(itertools.accumulate(self._draw.paretovariate(1.1) for _ in self._hosts))
        self._kin = [number for number, host in enumerate(self._hosts) if host.speaks]
        self._kin_popular = list(itertools.accumulate(self._draw.paretovariate(1.1) for _ in self._kin))
        self._farms = [self._farm(n) for n in range(shape.farms)]
        for host in self._hosts:
            self._link(host)
        for host in self._farms:
            self._link_farm(host)
        others = self._draw.sample([host for host in self._hosts if not host.speaks], SEEDS // 2)
        known = self._draw.sample(self._kin, SEEDS // 2)
        self.graph.seeds = [*(self._hosts[number].first for number in known), *(host.first for host in others)]

    def _counted(self, share: float, of: int) -> set[int]:
        return set(self._draw.sample(range(of), round(share * of)))

    def _host(self, number: int, speaks: bool, folders: bool) -> _Host:  # noqa: FBT001
        """Add the pages of a host, at least 4 and at most 3,000."""
        draw = self._draw
        pages = min(3_000, int(4 * draw.paretovariate(0.9)))
        ending = "eus" if draw.random() < (0.3 if speaks else 0.002) else draw.choice(["com", "net", "org", "es", "fr"])
        name = f"www.h{number}.{ending}"
        first = len(self.graph.urls)
        if folders:
            pages = max(pages, 40)
            own = "eu" if draw.random() < 0.5 else draw.choice(["albisteak", "hizkuntza", "k"])
            names, shares = ["", draw.choice(LANGUAGES), own], [0.1, 0.65, 0.25]
            target = (False, False, True)
        else:
            names, shares, target = ["", draw.choice(["a", "blog", "2024"])], [0.5, 0.5], (speaks, speaks)
        parts, begin = [], first
        for folder, share, own_text in zip(names, shares, target, strict=True):
            count = max(1, round(share * pages))
            hreflang = folders and draw.random() < 0.5
            for page in range(count):
                self._page(f"https://{name}/{folder and folder + '/'}{page or ''}", own_text and draw.random() < 0.9)
                self.graph.declared[-1] = (TARGET if own_text else "spa_Latn") if hreflang and not page else None
            parts.append(range(begin, begin + count))
            begin += count
        return _Host(first, tuple(parts), target)

    def _farm(self, number: int) -> _Host:
        first = len(self.graph.urls)
        for page in range(60):
            self._page(f"https://f{number}.info/{page or ''}", False)
            self.graph.farmed[-1] = True
            self.graph.text[-1] = 150
        return _Host(first, (range(first, first + 60),), (True,))

    def _page(self, url: str, speaks: bool) -> None:  # noqa: FBT001
        draw = self._draw
        text = int(draw.lognormvariate(math.log(2_500), 1.0)) if speaks else 0
        graph = self.graph
        graph.urls.append(url)
        graph.text.append(text)
        graph.size.append(text + int(draw.lognormvariate(math.log(25_000), 0.8)))
        graph.farmed.append(False)
        graph.links.append([])
        graph.declared.append(None)

    def _link(self, host: _Host) -> None:
        """Link a host's pages: folders from the home page, a tree in each, then at random."""
        draw, graph = self._draw, self.graph
        every = [page for part in host.parts for page in part]
        for part, speaks in zip(host.parts, host.target, strict=True):
            if part[0] != host.first:
                graph.links[host.first].append(part[0])
            for place, page in enumerate(part):
                if place:
                    graph.links[part[draw.randrange(place)]].append(page)
                for _ in range(min(40, int(2 * draw.paretovariate(1.2)))):
                    if draw.random() < 0.7:
                        near = part if draw.random() < 0.8 else every
                        graph.links[page].append(draw.choice(near))
                    else:
                        graph.links[page].append(self._abroad(speaks and graph.text[page] > 0))
                if self._farms and graph.text[page] and draw.random() < 0.05:
                    graph.links[page].append(draw.choice(self._farms).first)

    def _abroad(self, speaks: bool) -> int:  # noqa: FBT001
        """Return a page of another host, its home page more often than not."""
        draw = self._draw
        if speaks and draw.random() < self._shape.kinship:
            host = self._hosts[draw.choices(self._kin, cum_weights=self._kin_popular)[0]]
            parts = [part for part, own in zip(host.parts, host.target, strict=True) if own]
            deep = draw.choice(draw.choice(parts))
        else:
            host = draw.choices(self._hosts, cum_weights=self._popular)[0]
            deep = draw.choice(draw.choice(host.parts))
        return host.first if draw.random() < 0.6 else deep

    def _link_farm(self, host: _Host) -> None:
        for page in host.parts[0]:
            own = [self._draw.choice(host.parts[0]) for _ in range(10)]
            self.graph.links[page] += own + [self._draw.choice(self._farms).first for _ in range(10)]


class Queue:
    """A frontier in memory: the best link of each section in a heap, brought up to date when the policy says so."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._waiting: dict[str, list[tuple[float, int, int, Worth]]] = {}
        self._sections: dict[str, set[str]] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._fresh: list[tuple[float, int, str]] = []  # those of hosts of which nothing is known
        self._numbers = itertools.count()

    def put(self, page: int, worth: Worth) -> None:
        """Queue a page."""
        entry = (-worth.nats, next(self._numbers), page, worth)
        heapq.heappush(self._waiting.setdefault(worth.section, []), entry)
        self._sections.setdefault(host_of(worth.section), set()).add(worth.section)
        if self._waiting[worth.section][0] is entry:
            self._offer(worth.section)

    def touch(self, section: str) -> None:
        """Value the links of a section's host again."""
        for other in sorted(self._sections.get(host_of(section), ())):
            self._offer(other)

    def take(self, fetched: int) -> tuple[int, Worth] | None:
        """Return the best page, or the best one on an unknown host when that is due; None where none is left."""
        heaps = [self._fresh, self._heap] if self._order.explores(fetched) else [self._heap]
        for heap in heaps:
            while heap:
                value, number, section = heapq.heappop(heap)
                waiting = self._waiting[section]
                if (
                    not waiting
                    or (waiting[0][1] != number)
                    or (heap is self._fresh and not self._order.unknown(section))
                ):
                    continue
                now = -self._order.expected(section, -waiting[0][0])
                if now > value + 1e-12:  # it has lost since
                    heapq.heappush(heap, (now, number, section))
                    continue
                _, _, page, worth = heapq.heappop(waiting)
                self._offer(section)
                return page, worth
        return None

    def _offer(self, section: str) -> None:
        waiting = self._waiting[section]
        if waiting:
            entry = (-self._order.expected(section, -waiting[0][0]), waiting[0][1], section)
            heapq.heappush(self._heap, entry)
            if self._order.unknown(section):
                heapq.heappush(self._fresh, entry)


class Crawl:
    """A crawl of a graph in some order."""

    def __init__(self, graph: Graph, order: Order, seed: int) -> None:
        draw = random.Random(f"gate {seed}")
        self._luck = [
            draw.random() for _ in graph.urls
        ]  # by page, so that the gate's mistakes are the same in all orders
        self._graph, self._order = graph, order
        self._queue = Queue(order)
        self._done = [False] * len(graph.urls)
        self._best: dict[int, tuple[float, Link, PageVerdict | None]] = {}
        self._aside: dict[str, list[tuple[Link, int, PageVerdict | None]]] = {}
        for page in graph.seeds:
            self._offer(Link(graph.urls[page], "seed"), page, None)

    def harvest(self) -> Iterator[int]:
        """Yield the characters of target text found so far, after each fetch."""
        found = fetched = 0
        while True:
            taken = self._queue.take(fetched)
            if taken is None:
                if not self._order.widen():
                    return
                for host in sorted(self._aside):
                    self._offer_again(host)
            elif self._wanted(taken[0]):
                found += self._fetch(*taken)
                fetched += 1
                yield found

    def _offer(self, link: Link, page: int, via: PageVerdict | None) -> None:
        if self._done[page]:
            return
        worth = self._order.value(link, via)
        if worth.value is None:
            if worth.reason in (TOO_FAR, HOST_PARKED):
                self._aside.setdefault(host_of(worth.section), []).append((link, page, via))
        elif page not in self._best or worth.nats > self._best[page][0] + 0.5:
            self._best[page] = worth.nats, link, via
            self._queue.put(page, worth)

    def _offer_again(self, host: str) -> None:
        for one in self._aside.pop(host, ()):
            self._offer(*one)

    def _wanted(self, page: int) -> bool:
        """Tell whether a queued page is still worth fetching; what was queued may be parked by now."""
        if self._done[page] or page not in self._best:
            return False
        _, link, via = self._best[page]
        if self._order.value(link, via).value is None:
            del self._best[page]
            self._offer(link, page, via)
            return False
        return True

    def _fetch(self, page: int, worth: Worth) -> int:
        """Return the characters of target text that a page adds to the corpus."""
        self._done[page] = True
        graph = self._graph
        text = graph.text[page]
        accepted = self._luck[page] >= MISSED if text else self._luck[page] < FALSE
        seen = (text or 100) if accepted else 0
        language = TARGET if accepted else None
        verdict = PageVerdict(graph.urls[page], accepted, seen, graph.size[page], language, worth.hops, worth.beyond)
        learned = self._order.learn(verdict)
        if learned.moved:
            self._queue.touch(worth.section)
            if accepted:
                self._offer_again(host_of(worth.section))
        for other in dict.fromkeys(graph.links[page]):
            self._offer(Link(graph.urls[other], "link", graph.declared[other]), other, learned.via)
        return text if accepted and not graph.farmed[page] else 0


@dataclass(frozen=True)
class Comparison:
    """What one policy finds against breadth-first on one graph.

    Args:
        recall: of the text that breadth-first finds, what the hunt finds within as many fetches.
        share: of the fetches of breadth-first, at which the hunt has 95 % of its text; infinite where it never has.
        plain: the same for breadth-first itself.
        fetched: pages, by the hunt and by breadth-first.
        curve: text at each tenth of the fetches, of the whole there is: the hunt's, breadth-first's.
    """

    recall: float
    share: float
    plain: float
    fetched: tuple[int, int]
    curve: tuple[tuple[float, ...], tuple[float, ...]]


def compare(graph: Graph, seed: int, spec: HuntSpec) -> dict[str, Comparison]:
    """Run both policies and compare them at each budget."""
    plain = plainly(graph, seed)
    hunted = list(Crawl(graph, spec.build([TARGET]), seed).harvest())
    found = {}
    for name, part in BUDGETS.items():
        budget = min(len(plain), int(part * len(graph.urls)))
        ours, theirs = hunted[:budget], plain[:budget]
        found[name] = Comparison(
            recall=ours[-1] / theirs[-1],
            share=_reached(ours, ENOUGH * theirs[-1]) / budget,
            plain=_reached(theirs, ENOUGH * theirs[-1]) / budget,
            fetched=(len(ours), len(theirs)),
            curve=(_curve(ours, budget, graph.whole), _curve(theirs, budget, graph.whole)),
        )
    return found


def plainly(graph: Graph, seed: int) -> list[int]:
    """Return the harvest of breadth-first."""
    return list(Crawl(graph, HuntSpec(order="breadth-first").build([TARGET]), seed).harvest())


def _variants() -> Iterator[tuple[str, HuntSpec, Beliefs]]:
    yield "as it is", HuntSpec(), DEFAULT
    for name, values in SWEPT.items():
        for value in values:
            if hasattr(DEFAULT, name):
                yield f"{name} {value}", HuntSpec(), replace(DEFAULT, **{name: value})
            else:
                yield f"{name} {value}", HuntSpec.model_validate({name: value}), DEFAULT


def sweep() -> None:
    """Print how early each variant has most of what breadth-first finds in the end, as a mean over graphs."""
    graphs = []
    for name in SPARSE:
        shape = replace(SHAPES[name], hosts=SWEPT_HOSTS, target=max(SHAPES[name].target, 10 / SWEPT_HOSTS))
        graphs += [(seed, Graph.drawn(shape, seed)) for seed in TUNING]
    plain = [plainly(graph, seed) for seed, graph in graphs]
    print("simulation, graphs for tuning")
    print("| | recall, worst | share of fetches for 80 % | 95 % | 99 % |")
    print("|---|---|---|---|---|")
    for name, spec, beliefs in _variants():
        recalls, shares = [], []
        for (seed, graph), theirs in zip(graphs, plain, strict=True):
            ours = list(Crawl(graph, Hunt(spec, [TARGET], (), beliefs), seed).harvest())
            recalls.append(ours[-1] / theirs[-1])
            shares.append([min(1.0, _reached(ours, part * theirs[-1]) / len(theirs)) for part in (0.8, ENOUGH, 0.99)])
        means = [f"{sum(column) / len(shares):.4f}" for column in zip(*shares, strict=True)]
        print(f"| {name} | {min(recalls):.3f} | {' | '.join(means)} |", flush=True)


def _reached(curve: Sequence[int], text: float) -> float:
    return next((number for number, found in enumerate(curve, 1) if found >= text), math.inf)


def _curve(curve: Sequence[int], budget: int, whole: int) -> tuple[float, ...]:
    return tuple(round(curve[min(len(curve), max(1, tenth * budget // 10)) - 1] / whole, 3) for tenth in range(1, 11))


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate the hunt against breadth-first.")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--tune", action="store_true", help="use the graphs for tuning")
    parser.add_argument("--sweep", action="store_true", help="try other limits and beliefs on the graphs for tuning")
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES), choices=list(SHAPES))
    options = parser.parse_args()
    if options.sweep:
        sweep()
        return
    seeds = TUNING if options.tune else REPORTED
    shapes: dict[str, list[dict[str, Comparison]]] = {}
    for name in options.shapes:
        shapes[name] = [compare(Graph.drawn(SHAPES[name], seed), seed, HuntSpec()) for seed in seeds]
    if not options.json:
        print(f"simulation, seeds {', '.join(map(str, seeds))}; worst and mean over them")
        _table(shapes)
        return
    sparse = [one for name in SPARSE for found in shapes.get(name, ()) for one in found.values()]
    figures: dict[str, float] = {}
    if sparse:
        figures["hunt_recall"] = min(one.recall for one in sparse)
        figures["hunt_fetch_share"] = max(one.share for one in sparse)
    for name, runs in shapes.items():
        for budget in BUDGETS:
            figures[f"hunt_recall_{name}_{budget}"] = min(run[budget].recall for run in runs)
            figures[f"hunt_fetch_share_{name}_{budget}"] = max(run[budget].share for run in runs)
    rounded = {key: round(value, 4) if math.isfinite(value) else None for key, value in figures.items()}
    print(json.dumps({"simulation": True, "seeds": seeds, "figures": rounded}))


def _table(shapes: dict[str, list[dict[str, Comparison]]]) -> None:
    print("| shape, budget | recall | fetch share | breadth-first's own | pages of hunt / of breadth-first | curves |")
    print("|---|---|---|---|---|---|")
    for name, runs in shapes.items():
        for budget in BUDGETS:
            of = [run[budget] for run in runs]
            cells = [
                f"{min(one.recall for one in of):.3f} ({sum(one.recall for one in of) / len(of):.3f})",
                f"{max(one.share for one in of):.2f} ({sum(one.share for one in of) / len(of):.2f})",
                f"{sum(one.plain for one in of) / len(of):.2f}",
                f"{of[0].fetched[0]:,} / {of[0].fetched[1]:,}",
                " ".join(f"{a:.2f}/{b:.2f}" for a, b in zip(*of[0].curve, strict=True)),
            ]
            print(f"| {name}, {budget} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()

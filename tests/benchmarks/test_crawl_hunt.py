"""The simulation of the hunt: its graphs are what it says, and the hunt beats breadth-first where targets are sparse."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import crawl_hunt as benchmark

from glotmill.crawl.hunt import HuntSpec

SMALL = {
    "sparse": benchmark.Shape(400, 0.02, kinship=0.3),
    "folders": benchmark.Shape(400, 0.01, folders=0.03, kinship=0.3),
}


@pytest.fixture(scope="module", params=sorted(SMALL))
def graph(request: pytest.FixtureRequest) -> benchmark.Graph:
    return benchmark.Graph.drawn(SMALL[request.param], 11)


def test_the_hunt_has_95_percent_of_the_text_at_less_than_half_the_fetches(graph: benchmark.Graph):
    found = benchmark.compare(graph, 11, HuntSpec())["whole"]
    assert found.recall >= 0.95
    assert found.share <= 0.5
    assert found.share < found.plain


def test_no_page_is_fetched_twice_and_breadth_first_takes_all_it_can_reach(graph: benchmark.Graph):
    curve = list(benchmark.Crawl(graph, HuntSpec(order="breadth-first").build([benchmark.TARGET]), 11).harvest())
    reached, todo = set(graph.seeds), list(graph.seeds)
    while todo:
        todo += (new := set(graph.links[todo.pop()]) - reached)
        reached |= new
    assert len(curve) == len(reached)
    assert 0.98 * sum(graph.text[page] for page in reached) <= curve[-1] <= graph.whole


def test_the_same_seed_gives_the_same_harvest():
    drawn = [benchmark.Graph.drawn(SMALL["sparse"], 12) for _ in range(2)]
    assert drawn[0] == drawn[1]
    curves = [list(benchmark.Crawl(one, HuntSpec().build([benchmark.TARGET]), 12).harvest()) for one in drawn]
    assert curves[0] == curves[1]


def test_text_of_farms_counts_for_nobody():
    graph = benchmark.Graph.drawn(benchmark.Shape(100, 0.1, farms=5), 13)
    farmed = [text for text, farmed in zip(graph.text, graph.farmed, strict=True) if farmed]
    assert farmed == [150] * 300
    assert graph.whole == sum(graph.text) - sum(farmed)

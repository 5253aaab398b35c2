"""What is slow is told by the median of its like, and the second attempt goes to the node that was quickest."""

from glotmill.executors.stragglers import Paces, Straggling


def test_an_item_is_overdue_at_a_multiple_of_the_median_once_enough_are_done():
    paces = Paces(Straggling(times=4, at_least_s=10, after=3))
    paces.note("a", 5.0)
    paces.note("a", 900.0)
    assert paces.overdue_after() is None
    paces.note("b", 3.0)
    assert paces.overdue_after() == 20.0
    for _ in range(3):
        paces.note("b", 1.0)
    assert paces.overdue_after() == 10.0  # the opening of a model must not count as slow


def test_the_quickest_of_the_nodes_that_are_there_gets_the_second_attempt():
    paces = Paces(Straggling())
    for node, seconds in (("gone", 1.0), ("slow", 9.0), ("quick", 2.0), ("quick", 80.0), ("quick", 2.0)):
        paces.note(node, seconds)
    assert paces.fastest({"slow", "quick", "new"}) == "quick"
    assert paces.fastest({"new"}) is None

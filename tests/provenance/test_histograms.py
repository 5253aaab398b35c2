"""Histograms: bounded, deterministic, and nothing is lost."""

from glotmill.provenance.histograms import largest, summed


def test_domains_beyond_the_largest_thousand_are_counted_together() -> None:
    domains = {f"etxea{number:04d}.example": 1 + number % 3 for number in range(1500)} | {"-": 7}
    found = largest(domains, 1000)
    assert sum(found.values()) == sum(domains.values())
    assert len(found) == 1000 + 2
    assert found["-"] == 7
    assert found["*"] == sum(domains.values()) - 7 - sum(rows for name, rows in found.items() if name not in "-*")
    threes = [name for name, rows in domains.items() if rows == 3]
    assert len(threes) == 500
    assert set(threes) <= set(found)
    ones = sorted(name for name, rows in domains.items() if rows == 1)
    assert not set(ones) & set(found)


def test_of_equals_the_first_in_the_alphabet_are_listed_whatever_the_order() -> None:
    names = [f"{letter}{number:03d}.example" for letter in "ab" for number in range(900)]
    forward, backward = (largest(dict.fromkeys(order, 1), 1000) for order in (names, reversed(names)))
    assert list(forward.items()) == list(backward.items())
    assert "a899.example" in forward
    assert "b100.example" not in forward
    assert forward["*"] == 800


def test_a_part_lists_a_hundred_and_the_corpus_a_thousand() -> None:
    parts = [{"domain": largest({f"{letter}{n:03d}.example": 2 for n in range(150)})} for letter in "abcdefghijkl"]
    assert [len(part["domain"]) for part in parts] == [101] * 12
    total = summed(parts)["domain"]
    assert (len(total), total["*"]) == (1001, 12 * 100 + 200 * 2)


def test_sums_keep_rows_that_one_part_did_not_list() -> None:
    parts = [
        {"domain": {"a.example": 5, "*": 2}, "license": {"CC0-1.0": 7}},
        {"domain": {"b.example": 3, "-": 1}, "license": {"-": 4}},
    ]
    assert summed(parts) == {
        "domain": {"*": 2, "-": 1, "a.example": 5, "b.example": 3},
        "license": {"-": 4, "CC0-1.0": 7},
    }

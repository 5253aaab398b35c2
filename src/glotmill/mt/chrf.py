"""chrF2: how much of a text's characters, in runs of up to six, stand in another."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

_ORDERS: Final = range(1, 7)
_BETA_SQUARED: Final = 4


def chrf(pairs: Iterable[tuple[str, str]]) -> float:
    """Return chrF2 of hypotheses against references as one text, from 0 to 100.

    Popović 2015 and 2016 (chrF: character n-gram F-score, beta 2): runs of one to six characters without spaces, counted over
    all pairs; precision and recall are means over the orders of which both sides have some. Agrees with sacreBLEU 2, `CHRF()`,
    whose counts these are. `chrf([("บ้านสีแดง", "บ้านสีดำ")])` is 59.3.

    Args:
        pairs: a hypothesis and its reference each.
    """
    found, wanted, common = ([0] * len(_ORDERS) for _ in range(3))
    for hypothesis, reference in pairs:
        one, two = "".join(hypothesis.split()), "".join(reference.split())
        for place, order in enumerate(_ORDERS):
            left, right = _runs(one, order), _runs(two, order)
            found[place] += left.total() if right else 0
            wanted[place] += right.total()
            common[place] += sum(min(count, right[run]) for run, count in left.items() if run in right)
    both = [place for place in range(len(_ORDERS)) if found[place] and wanted[place]]
    if not both:
        return 0.0
    precision = sum(common[place] / found[place] for place in both) / len(both)
    recall = sum(common[place] / wanted[place] for place in both) / len(both)
    if not precision + recall:
        return 0.0
    return 100 * (1 + _BETA_SQUARED) * precision * recall / (_BETA_SQUARED * precision + recall)


def _runs(text: str, order: int) -> Counter[str]:
    return Counter(text[place : place + order] for place in range(len(text) - order + 1))

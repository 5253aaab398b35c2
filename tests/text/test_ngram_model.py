"""The model of characters: probabilities that sum to one, and less surprise at what it has read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.text.ngram_model import alphabet_of, fit_ngrams


@pytest.mark.parametrize("before", ["", "g", "ga", "gazt", "zzz", "ogia eta gaz"])
def test_the_chances_of_all_that_can_follow_sum_to_one(before: str) -> None:
    texts = ["gazta eta ogia", "ogia eta gatza", "gaztaina"]
    model = fit_ngrams(texts, alphabet_of([*texts, "z"]))
    # What follows is any character of the alphabet, one outside of it, or the end.
    following = [*map(chr, model.alphabet.tolist()), "☃"]
    steps = [model.bits_of_each([before + character])[len(before)] for character in following]
    assert sum(2.0**-bits for bits in [*steps, model.bits_of_each([before])[-1]]) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("गाँव की नदी पर नया पुल बन गया है", "बेकर सुबह होने से पहले उठता है"),
        ("แมวนอนอยู่ที่หน้าต่างและไม่ตื่น", "ฝนตกทั้งคืนจนถนนเต็มไปด้วยน้ำ"),
        ("村里的面包师清晨开始工作", "她妹妹在城里学医"),
        ("Kedi pencerede uyuyor ve uyanmıyor", "Yeni köprü bitti"),
    ],
)
def test_what_was_read_surprises_less_in_any_script(own: str, other: str) -> None:
    model = fit_ngrams([own] * 3, alphabet_of([own, other]))
    bits = model.bits([own, other])
    assert bits[0] / len(own) < 0.5 < bits[1] / len(other)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=4), st.text(max_size=30))
def test_every_text_takes_a_finite_number_of_bits(texts: list[str], judged: str) -> None:
    model = fit_ngrams(texts, alphabet_of(texts))
    found = model.bits([judged, *texts])
    assert np.isfinite(found).all()
    assert (found > 0).all()

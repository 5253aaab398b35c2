"""Persian and Indic spelling survives extraction."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.core.steps import Batch, Resources, Scope
from glotmill.stages.extract import ExtractSpec
from glotmill.stages.joiners import restore, shelter

PERSIAN = "در قهوه‌خانهٔ کنار رودخانه پیرمردها هر روز می‌نشینند و از باران‌های بهار و باغ‌های انار می‌گویند."
SINHALA = "ශ්‍රී ලංකාවේ කඳුකර ගමක පාසල් ළමයි තේ වතු අතරින් උදේම පාසලට යති, ක්‍රීඩා කරති."
MARATHI = "गावातल्या शाळेत मुले सकाळी र्‍हदयापासून गाणी म्हणतात आणि मग शेतात काम करायला जातात."


@pytest.mark.parametrize("engine", ["trafilatura", "resiliparse"])
def test_joiners_come_back_where_they_stood_written_out_or_as_references(engine: str) -> None:
    paragraphs = (PERSIAN, SINHALA, MARATHI)
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    written = f"<html><head><title>x</title></head><body><article>{body}</article></body></html>"
    referred = written.replace("\u200c", "&zwnj;").replace("\u200d", "&#8205;")
    step = ExtractSpec(name="extract", kind="extract", engine=engine).build(Resources(Scope((), ())))
    outcome = step(Batch(pa.record_batch({"html": pa.array([written, referred], pa.large_string())})))
    step.close()
    for text in outcome.batch.column("text").to_pylist():
        assert [line for line in text.split("\n") if line] == list(paragraphs)


@given(st.text(alphabet="a\u200c\u200d𐂀𐂁&;zwnj#8204", max_size=40))
def test_what_is_sheltered_comes_back_whatever_the_page_holds(text: str) -> None:
    sheltered, marks = shelter(text)
    expected = text
    for name, joiner in (("&zwnj;", "\u200c"), ("&zwj;", "\u200d"), ("&#8204;", "\u200c")):
        expected = expected.replace(name, joiner)
    assert restore(sheltered, marks) == (expected if marks else text)
    if marks:
        assert "\u200c" not in sheltered
        assert "\u200d" not in sheltered

"""Verdicts on fetched pages are the gate's, and count the text in a target, not the page."""

from datetime import UTC, datetime

import pytest

from glotmill.core.steps import Resources, Scope
from glotmill.crawl.messages import Response
from glotmill.crawl.verdicts import PageGate, Visit
from glotmill.stages.gate import GateSpec

TEXTS = {
    "eus_Latn": (
        "Herriko liburutegia ostiraletan zabalik egongo da hemendik aurrera, eta haurrek ipuinak entzun ahal izango dituzte "
        "arratsaldero. Liburuak etxera eramateko txartela doan egiten dute sarrerako mahaian."
    ),
    "tha_Thai": "ห้องสมุดของหมู่บ้านจะเปิดทุกวันศุกร์ตั้งแต่เดือนหน้าเป็นต้นไป เด็ก ๆ จะได้ฟังนิทานในตอนบ่าย และทุกคนยืมหนังสือกลับบ้านได้โดยไม่ต้องเสียเงิน",
    "hin_Deva": (
        "गाँव का पुस्तकालय अगले महीने से हर शुक्रवार को खुला रहेगा और बच्चे दोपहर में कहानियाँ सुन सकेंगे। किताबें घर ले जाने के लिए कार्ड "
        "दरवाज़े के पास वाली मेज़ पर मुफ़्त बनाया जाता है।"
    ),
    "khm_Khmr": (
        "បណ្ណាល័យភូមិនឹងបើករៀងរាល់ថ្ងៃសុក្រចាប់ពីខែក្រោយ ហើយក្មេងៗអាចស្តាប់រឿងនិទាននៅពេលរសៀល។ អ្នកទាំងអស់គ្នាអាចខ្ចីសៀវភៅយកទៅផ្ទះដោយមិនបង់ប្រាក់។"
    ),
}
SPANISH = (
    "La biblioteca del pueblo abrirá los viernes a partir del mes que viene, y los niños podrán escuchar cuentos por la "
    "tarde. El carné para llevarse libros a casa se hace gratis en la mesa de la entrada."
)


def visit(*paragraphs: str, url: str = "https://adibidea.test/", charset: str = "utf-8", **how: int) -> Visit:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    content = f"<!doctype html><html><body>{text}</body></html>".encode(charset)
    headers = {"content-type": f"text/html; charset={charset}"}
    when = datetime(2026, 11, 1, tzinfo=UTC)
    response = Response(url, "127.0.0.1", b"", b"", 200, headers, content, content, None, when, 0.1)
    return Visit(response, **how)


def page_gate(*languages: str, **options: object) -> PageGate:
    return PageGate(GateSpec(name="gate", kind="gate", **options), Resources(Scope(languages, ("web",))))


@pytest.mark.parametrize("tag", sorted(TEXTS))
def test_of_a_page_in_a_target_all_its_text_counts(tag: str):
    own, other = page_gate(tag).judge([visit(TEXTS[tag]), visit(SPANISH, SPANISH)])
    assert (own.accepted, own.language) == (True, tag)
    assert 0.95 * len(TEXTS[tag]) <= own.characters <= len(TEXTS[tag])
    assert (other.accepted, other.language, other.characters) == (False, None, 0)


@pytest.mark.parametrize("tag", sorted(TEXTS))
def test_of_a_paragraph_within_another_language_the_paragraph_counts(tag: str):
    (found,) = page_gate(*TEXTS).judge([visit(*[SPANISH] * 6, TEXTS[tag], *[SPANISH] * 6)])
    assert found.language == tag
    assert 0.9 * len(TEXTS[tag]) <= found.characters <= 1.1 * len(TEXTS[tag])


def test_text_beyond_what_the_gate_reads_is_scaled_up():
    paragraphs = [TEXTS["hin_Deva"]] * 40
    (found,) = page_gate("hin_Deva", max_characters=1_000).judge([visit(*paragraphs)])
    whole = sum(map(len, paragraphs))
    assert 0.9 * whole <= found.characters <= whole * 1.01


def test_what_the_gate_passes_for_want_of_evidence_is_not_accepted():
    empty = visit()
    empty = Visit(Response(**{**_fields(empty.response), "content": b""}))
    few = visit("Euskara | Español")
    large = visit(TEXTS["eus_Latn"])
    verdicts = page_gate("eus_Latn").judge([empty, few]) + page_gate("eus_Latn", max_bytes=50).judge([large])
    assert [(one.accepted, one.characters) for one in verdicts] == [(False, 0)] * 3
    assert page_gate().judge([large])[0].accepted is False


def test_a_verdict_knows_the_way_and_the_bytes():
    one = visit(TEXTS["eus_Latn"], url="https://adibidea.test/eu/", charset="iso-8859-1", hops=3, beyond=2)
    (found,) = page_gate("eus_Latn").judge([one])
    assert (found.url, found.hops, found.beyond) == ("https://adibidea.test/eu/", 3, 2)
    assert found.size == len(one.response.content)
    assert page_gate("eus_Latn").judge([]) == []


def test_pages_are_judged_alike_alone_and_together():
    visits = [visit(TEXTS[tag]) for tag in sorted(TEXTS)] + [visit(SPANISH), visit("12 345"), visit()]
    gate = page_gate(*sorted(TEXTS))
    assert gate.judge(visits) == [gate.judge([one])[0] for one in visits]


def _fields(response: Response) -> dict[str, object]:
    return {name: getattr(response, name) for name in Response.__dataclass_fields__}

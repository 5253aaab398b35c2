"""The gate drops a page only where no part of it can be in one of the recipe's languages."""

import json

import fasttext
import pyarrow as pa
import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.hashing import sha256_file
from glotmill.core.models import MODELS_FILE
from glotmill.core.steps import Batch, Outcome, Resources, Scope
from glotmill.stages.gate import GateSpec
from support.effort import done_within

NO_TARGET = "gate.no_target_language"
TEXTS = {
    "eus_Latn": (
        "Gaur goizean amonarekin joan naiz azokara, eta sagarrak, gazta eta ogia erosi ditugu. Arratsaldean aitonak "
        "ipuin bat kontatu digu sutondoan, eta gero denok elkarrekin afaldu dugu etxeko sukaldean."
    ),
    "swh_Latn": (
        "Leo asubuhi nimekwenda sokoni pamoja na bibi yangu, tukanunua matunda, maziwa na mkate kwa ajili ya chakula. "
        "Jioni babu alitusimulia hadithi kando ya moto, kisha tukala pamoja jikoni na kulala mapema."
    ),
    "hin_Deva": (
        "आज सुबह मैं दादी के साथ बाज़ार गया और हमने शाम के खाने के लिए सेब, पनीर और रोटी खरीदी। शाम को दादाजी ने हमें आग के पास "
        "बैठकर एक कहानी सुनाई और फिर हम सबने रसोई में साथ खाना खाया।"
    ),
    "tha_Thai": "เช้านี้เราไปตลาดกับคุณยาย ซื้อผลไม้ ขนม และปลาสด ตอนเย็นคุณตาเล่านิทานให้ฟังข้างเตาไฟ แล้วเราก็กินข้าวด้วยกันในครัว",
    "khm_Khmr": (
        "ព្រឹកនេះ ខ្ញុំបានទៅផ្សារជាមួយជីដូន ហើយយើងបានទិញផ្លែប៉ោម និងនំប៉័ងសម្រាប់អាហារពេលល្ងាច។ "
        "ពេលល្ងាច ជីតាបាននិទានរឿងមួយនៅក្បែរភ្លើង ហើយយើងទាំងអស់គ្នាបានញ៉ាំបាយនៅក្នុងផ្ទះបាយ។"
    ),
    "arb_Arab": (
        "ذهبت هذا الصباح مع جدتي إلى السوق واشترينا التفاح والجبن والخبز من أجل العشاء في البيت. وفي المساء حكى لنا جدي "
        "قصة قديمة بجانب النار ثم تناولنا الطعام معا في المطبخ."
    ),
    "cmn_Hani": "今天早上我和奶奶一起去市场，我们买了苹果、奶酪和面包，晚上爷爷在炉火旁给我们讲了一个故事，然后大家一起在厨房里吃了晚饭，又聊了很久明天要做的事情才去睡觉。",
    "tur_Latn": (
        "Bu sabah büyükannemle pazara gittik, akşam yemeği için elma, peynir ve ekmek aldık. Akşamüstü dedem ateşin "
        "başında bize bir masal anlattı, sonra hep birlikte mutfakta yemek yedik."
    ),
    "deu_Latn": (
        "Heute früh bin ich mit der Großmutter auf den Markt gegangen, und wir haben Äpfel, Käse und Brot gekauft. Am "
        "Abend hat uns der Großvater am Feuer eine Geschichte erzählt, und danach aßen wir zusammen in der Küche."
    ),
}
SPANISH = (
    "Esta mañana hemos ido con la abuela al mercado y hemos comprado manzanas, queso y pan. Por la tarde el abuelo nos "
    "ha contado un cuento junto al fuego, y después hemos cenado todos juntos en la cocina de casa."
)
CROATIAN = (
    "Jutros sam s bakom otišla na tržnicu i kupile smo jabuke, sir i kruh za večeru. Poslijepodne nam je djed pričao "
    "priču pokraj vatre, a onda smo svi zajedno večerali u kuhinji i razgovarali o tome što ćemo raditi sutra."
)
MENU = (
    "<nav><ul><li><a>Inicio</a></li><li><a>Noticias de la semana</a></li><li><a>Contacto y horarios</a></li></ul></nav>"
)


def page(*paragraphs: str, head: str = "<html>") -> str:
    return f"{head}<body>" + MENU + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs) + "</body></html>"


def mixed(text: str, times: int = 8) -> str:
    """Return a page with so many times as much Spanish text around another."""
    around = [SPANISH] * -(-times * len(text) // (2 * len(SPANISH)))
    return page(*around, text, *around)


def batch(*pages: str | None, urls: list[str | None] | None = None, headers: list[str | None] | None = None) -> Batch:
    nothing: list[str | None] = [None] * len(pages)
    columns = {
        "html": pa.array(pages, pa.large_string()),
        "url": pa.array(urls or nothing, pa.string()),
        "http_headers": pa.array(headers or nothing, pa.string()),
    }
    return Batch(pa.record_batch(columns))


def gate(rows: Batch, *languages: str, **options: object) -> Outcome:
    spec = GateSpec(name="gate", kind="gate", **options)
    return spec.build(Resources(Scope(languages, ("web",))))(rows)


def passes(rows: Batch, *languages: str, **options: object) -> list[bool]:
    reasons = gate(rows, *languages, **options).reasons.to_pylist()
    assert set(reasons) <= {None, NO_TARGET}
    return [reason is None for reason in reasons]


@pytest.mark.parametrize("tag", sorted(TEXTS))
def test_pages_in_a_target_pass_and_all_others_are_dropped(tag: str):
    others = [other for other in TEXTS if other != tag]
    rows = batch(page(TEXTS[tag]), *(page(*[TEXTS[other]] * 3) for other in others), page(*[SPANISH] * 3))
    assert passes(rows, tag) == [True] + [False] * (len(others) + 1)


@pytest.mark.parametrize("tag", sorted(TEXTS))
def test_a_paragraph_is_found_under_eight_times_as_much_spanish(tag: str):
    assert passes(batch(mixed(TEXTS[tag]), mixed(SPANISH)), *TEXTS) == [True, False]


def test_evidence_names_the_language_of_the_page_the_likeliest_target_and_its_bound():
    rows = batch(page(*[SPANISH] * 3, "Gaur"), page(TEXTS["tha_Thai"] * 3).replace(MENU, ""))
    details = gate(rows, "eus_Latn").details.to_pylist()
    assert details[0].startswith("spa_Latn; eus_Latn ")
    assert details[0].endswith(" nats")
    assert details[1].startswith("tha_Thai; no word of a target among ")


def test_any_of_the_recipes_languages_lets_a_page_pass():
    rows = batch(page(TEXTS["tha_Thai"]), page(TEXTS["eus_Latn"]), page(*[SPANISH] * 3))
    assert passes(rows, "eus_Latn", "tha_Thai") == [True, True, False]


def test_what_cannot_be_judged_passes():
    numbers = page("12 345,67 " * 200).replace(MENU, "")
    assert passes(batch(None, "", "<p>Hola</p>", numbers, page(SPANISH * 9)), "eus_Latn", max_bytes=1000) == [True] * 5
    assert passes(batch(page(SPANISH)), "eus_Latn", min_letters=10_000) == [True]
    assert gate(batch(page(SPANISH))).reasons is None


def test_of_a_language_that_nobody_knows_the_pages_pass_that_no_language_claims():
    rows = batch(
        page(CROATIAN, CROATIAN), page(*[SPANISH] * 3), page(*[TEXTS["deu_Latn"]] * 3), page(TEXTS["hin_Deva"])
    )
    assert passes(rows, "hrv_Latn") == [True, False, False, False]


def test_hints_lower_the_bound_and_never_drop_a_page():
    weak = page(*[SPANISH] * 6, "Ongi etorri gure etxera, lagunok")
    hinted = page(*[SPANISH] * 6, "Ongi etorri gure etxera, lagunok", head="<html lang='eu-ES'>")
    urls = [None, None, "https://www.aldizkaria.eus/eu/albisteak"]
    assert passes(batch(weak, hinted, weak, urls=urls), "eus_Latn", "deu_Latn", min_score=1) == [False, True, True]
    headers = [json.dumps({"content-language": "es, eu"})]
    assert passes(batch(weak, headers=headers), "eus_Latn", "deu_Latn", min_score=1) == [True]
    # What is plainly another language stays out, and what is plainly the target stays in, whatever the page claims.
    claims = page(*[SPANISH] * 6, head="<html lang=eu>")
    denies = page(TEXTS["eus_Latn"], head="<html lang=es>")
    assert passes(batch(claims, denies, urls=["https://a.eus/eu/", "https://a.es/es/"]), "eus_Latn") == [False, True]


def test_rows_are_judged_alike_alone_and_together():
    pages = [
        page(*[SPANISH] * 3),
        page(TEXTS["eus_Latn"]),
        None,
        page(TEXTS["tha_Thai"]),
        mixed(CROATIAN),
        page("Kaixo " * 9),
    ]
    targets = ("eus_Latn", "hrv_Latn", "yue_Hani")
    together = gate(batch(*pages), *targets)
    alone = [gate(batch(one), *targets) for one in pages]
    assert together.details.to_pylist() == [one.details.to_pylist()[0] for one in alone]
    assert together.reasons.to_pylist() == [one.reasons.to_pylist()[0] for one in alone]


def test_the_scan_survives_what_breaks_tree_builders():
    # Unclosed formatting elements are reopened in every paragraph: an HTML5 parser builds them by the million.
    reopened = (
        "".join(f"<p>{''.join(f'<font c{row}-{n}>' for n in range(250))}</p>" for row in range(300)) + f"<p>{SPANISH}"
    )
    deep = "<div>" * 100_000 + f"<p>{SPANISH * 2}</p>"
    binary = f"<p>{SPANISH}\x00\ufffd</p>" + "\x00\x01" * 100_000
    large = "<p>" + SPANISH * 20_000
    basque = "<p>" + SPANISH * 10_000 + (TEXTS["eus_Latn"] + " ") * 2_500
    rows = batch(reopened, deep, binary, large, basque)
    found = done_within(5, lambda: passes(rows, "eus_Latn"))
    assert found == [False, False, False, False, True]


def trained(folder, **languages: str):
    """Train a model on sentences, with labels like lid.176's."""
    lines = [f"__label__{label} {text[at : at + 60]}" for label, text in languages.items() for at in range(0, 120, 7)]
    (folder / "train.txt").write_text("\n".join(lines), encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), minn=1, maxn=3, dim=8, bucket=5000, epoch=60, lr=0.5, thread=1, seed=1, verbose=0
    )
    path = folder / "small.bin"
    model.save_model(str(path))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("model"), hr=CROATIAN, es=SPANISH, th=TEXTS["tha_Thai"])


@pytest.fixture(scope="module")
def other_judge(tmp_path_factory):
    """A judge that takes Croatian for Basque, and so finds that the gate misses it."""
    return trained(tmp_path_factory.mktemp("judge"), eu=CROATIAN, es=SPANISH, th=TEXTS["tha_Thai"])


def resources(path, *languages: str) -> Resources:
    entry = (
        f"models:\n  small:\n    kind: fasttext\n    from: {{path: {path}}}\n    sha256: {sha256_file(path)}\n"
        f"    bytes: {path.stat().st_size}\n    license: CC0-1.0\n    cites: trained here\n"
    )
    return Resources(Scope(languages, ("web",)), {MODELS_FILE: entry}, {"small": path})


def test_a_model_answers_for_languages_that_the_table_does_not_know(model):
    unknown = page("Zxqu vrelp ottak simbru delv onqua. " * 12)
    rows = batch(page(CROATIAN, CROATIAN), unknown)
    spec = GateSpec(name="gate", kind="gate", identifier="small", min_score=0.9)
    with_model = spec.build(resources(model, "hrv_Latn"))(rows).reasons.to_pylist()
    assert passes(rows, "hrv_Latn", identifier="words") == [True, True]
    assert with_model == [None, NO_TARGET]
    assert passes(rows, "hrv_Latn")[0]


def test_an_unknown_model_is_named_with_near_matches(model):
    spec = GateSpec(name="gate", kind="gate", identifier="smal")
    with pytest.raises(RecipeError, match="Did you mean small"):
        spec.contract(resources(model, "eus_Latn"))


def audited(path, rows: Batch, ids: list[str], **audit: object) -> Outcome:
    spec = GateSpec(name="gate", kind="gate", audit={"model": "small", "engine": "resiliparse", **audit})
    known = resources(path, "eus_Latn")
    step = spec.build(known)
    outcome = step(rows.with_columns({"doc_id": pa.array(ids, pa.string())}))
    step.close()
    allowed = spec.contract(known).reasons
    assert set(outcome.reasons.to_pylist()) - {None} <= allowed
    return outcome


def test_audited_rejects_are_extracted_judged_by_another_model_and_dropped_all_the_same(other_judge):
    claims = page(*[SPANISH] * 6, head="<html lang=eu>")
    rows = batch(
        page(*[SPANISH] * 6), page(*[CROATIAN] * 4), claims, page(TEXTS["eus_Latn"]), "<p>" + SPANISH[:80] + "<script>"
    )
    outcome = audited(other_judge, rows, list("abcde"), share=1)
    assert outcome.reasons.to_pylist() == [
        "gate.audit_confirmed",
        "gate.audit_missed_eus_Latn",
        "gate.audit_confirmed_hinted",
        None,
        "gate.audit_confirmed",
    ]
    details = outcome.details.to_pylist()
    assert details[1].startswith("label eu, score ")
    assert "; hbs_Latn; " in details[1]
    assert not any(outcome.quarantined.to_pylist())


def test_the_same_rejects_are_chosen_whatever_stands_beside_them(other_judge):
    ids = [f"{number:032x}" for number in range(60)]
    rows = batch(*[page(*[SPANISH] * 3)] * 60)
    together = audited(other_judge, rows, ids, share=0.2).reasons.to_pylist()
    assert set(together) == {"gate.no_target_language", "gate.audit_confirmed"}
    assert 4 <= together.count("gate.audit_confirmed") <= 24
    alone = [
        audited(other_judge, batch(page(*[SPANISH] * 3)), [one], share=0.2).reasons.to_pylist()[0] for one in ids[:12]
    ]
    assert alone == together[:12]
    most = audited(other_judge, rows, ids, share=0.6).reasons.to_pylist()
    assert all(later == first for first, later in zip(together, most, strict=True) if first == "gate.audit_confirmed")


def test_an_audit_needs_a_model_of_its_own_that_knows_the_targets(model):
    with pytest.raises(ValueError, match="none finds its own mistakes"):
        GateSpec(name="gate", kind="gate", identifier="small", audit={"share": 0.1, "model": "small"})
    spec = GateSpec(name="gate", kind="gate", audit={"share": 0.1, "model": "small"})
    with pytest.raises(RecipeError, match="no label for swh_Latn"):
        spec.build(resources(model, "hrv_Latn", "swh_Latn"))

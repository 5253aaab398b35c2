"""Questions of benchmarks are found in texts of any script, and what is only near them is not."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.text.decontamination.cutting import cut
from glotmill.text.decontamination.grams import Grams, grams_in, grams_of, tokenize
from glotmill.text.decontamination.index import About, Index, Question, build_index
from glotmill.text.decontamination.matching import Matcher
from support.effort import done_within

QUESTIONS = {
    "eus_Latn": "Zein herritako errotariak eraiki zuen ibaiaren gaineko lehen zubi estalia?",
    "deu_Latn": "Welcher Müller aus welchem Dorf baute die erste überdachte Brücke über den Fluss?",
    "hin_Deva": "नदी के ऊपर पहला ढका हुआ पुल किस गाँव के चक्की वाले ने बनवाया था?",
    "tha_Thai": "ช่างโม่แป้งจากหมู่บ้านใดเป็นผู้สร้างสะพานมีหลังคาแห่งแรกข้ามแม่น้ำ",
    "khm_Khmr": "តើអ្នកកិនស្រូវមកពីភូមិណាបានសាងសង់ស្ពានមានដំបូលដំបូងគេឆ្លងទន្លេ",
    "arb_Arab": "من هو الطحان الذي بنى أول جسر مسقوف فوق النهر في القرية القديمة؟",
    "cmn_Hani": "哪个村子的磨坊主在河上修建了第一座有顶的桥？",
    "jpn_Jpan": "川に最初の屋根付きの橋を架けたのはどの村の粉屋ですか？",
    "kor_Hang": "강 위에 지붕이 있는 첫 번째 다리를 놓은 방앗간 주인은 어느 마을 사람입니까?",
    "swh_Latn": "Msagaji wa kijiji kipi alijenga daraja la kwanza lenye paa juu ya mto ng'ambo?",
    "tur_Latn": "Nehrin üzerindeki ilk kapalı köprüyü hangi köyün değirmencisi yaptırdı?",
    "vie_Latn": "Người thợ xay của làng nào đã xây cây cầu có mái che đầu tiên qua sông?",
}
# The same subject and many of the same words, in another order and with other endings.
NEAR = {
    "eus_Latn": "Errotariak ibaiaren gaineko zubi estalia konpondu zuen, eta herritako lehen zubia izan zen hura.",
    "deu_Latn": "Der Müller aus dem Dorf ging jeden Tag über den Fluss, denn die überdachte Brücke war die erste ihrer Art.",
    "hin_Deva": "चक्की वाले ने गाँव में नदी के ऊपर एक पुल बनवाया था, और वह पहला पुल था जो ढका हुआ था।",
    "tha_Thai": "สะพานข้ามแม่น้ำแห่งแรกของหมู่บ้านมีหลังคา ช่างโม่แป้งเดินข้ามทุกเช้า",
    "khm_Khmr": "ស្ពានឆ្លងទន្លេរបស់ភូមិមានដំបូល អ្នកកិនស្រូវដើរឆ្លងរាល់ព្រឹក",
    "arb_Arab": "بنى الطحان جسرا فوق النهر، وكان أول جسر مسقوف يراه أهل القرية القديمة.",
    "cmn_Hani": "磨坊主每天走过村子里那座有顶的桥，桥下的河水很清，这是第一座石桥。",
    "jpn_Jpan": "その村の粉屋は、屋根付きの橋を毎朝渡って最初の客を待っていました。",
    "kor_Hang": "방앗간 주인은 지붕이 있는 다리를 매일 건너 강 위의 마을로 갔습니다.",
    "swh_Latn": "Msagaji alijenga daraja juu ya mto, na daraja la kwanza la kijiji lilikuwa na paa.",
    "tur_Latn": "Köyün değirmencisi nehrin üzerindeki köprüyü onardı; kapalı köprü kışın karı tutuyordu.",
    "vie_Latn": "Người thợ xay đi qua cây cầu có mái che của làng mỗi ngày, cây cầu đầu tiên qua sông.",
}


def about(name: str = "exam", language: str = "eus_Latn", common: int = 10) -> About:
    return About(name, name, language, "CC0-1.0", "0" * 64, 1, common, {})


def index_of(*questions: str, language: str = "eus_Latn", grams: Grams | None = None, common: int = 10) -> Index:
    numbered = [Question(line, text) for line, text in enumerate(questions, 1)]
    return build_index(numbered, about(language=language, common=common), grams or grams_of(language))


ALL = [index_of(text, language=tag) for tag, text in QUESTIONS.items()]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(ALL, containment=0.7)


@pytest.mark.parametrize("tag", QUESTIONS)
@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text,
        str.upper,
        lambda text: text.replace(" ", "\n  "),
        lambda text: text.rstrip("?？؟") + "…",
        lambda text: text.replace("'", "’"),
        lambda text: unicodedata.normalize("NFKC", f"„{text}“"),
    ],
    ids=["as it is", "upper case", "broken lines", "another mark", "apostrophe", "quoted"],
)
def test_a_quoted_question_is_found_under_light_edits(matcher, tag, edit):
    (hits,) = matcher.find([f"2019. {edit(QUESTIONS[tag])} 2020."])
    assert [(list(QUESTIONS)[hit.index], hit.item, hit.share) for hit in hits] == [(tag, 1, 1.0)]


@pytest.mark.parametrize("tag", NEAR)
def test_a_text_on_the_same_subject_is_not_found(matcher, tag):
    assert matcher.find([NEAR[tag]]) == [[]]


def test_thai_is_found_whatever_spaces_stand_in_it(matcher):
    spaced = "ช่างโม่แป้ง จากหมู่บ้านใด เป็นผู้สร้าง สะพานมีหลังคา แห่งแรก ข้ามแม่น้ำ"
    zero_width = QUESTIONS["tha_Thai"].replace("ส", "\u200bส").replace("แ", "\u200bแ")
    assert [len(hits) for hits in matcher.find([spaced, zero_width])] == [1, 1]


def test_vowel_signs_and_tones_tell_words_apart():
    # Without marks these would be one question: Hindi "din" and "dan", Thai "ma" three times, Vietnamese "ma".
    pairs = [
        ("hin_Deva", "बाज़ार में आज सुबह दिन भर कितने लोग आए थे बताओ", "बाज़ार में आज सुबह दान भर कितने लोग आए थे बताओ"),
        ("vie_Latn", "con ma trong nhà của bà là ai vậy", "con mà trong nhà của bà là ai vậy"),
    ]
    for tag, question, other in pairs:
        strict = Matcher([index_of(question, language=tag)], containment=1.0)
        assert [len(hits) for hits in strict.find([question, other])] == [1, 0], tag


def test_a_turkish_suffix_spoils_words_and_leaves_characters():
    question = QUESTIONS["tur_Latn"]
    changed = question.replace("yaptırdı", "yaptırmıştı")
    words = Matcher([index_of(question, language="tur_Latn", grams=Grams("word", 8, 5))], containment=0.7)
    characters = Matcher([index_of(question, language="tur_Latn")], containment=0.7)
    assert words.find([changed]) == [[]]
    (hit,) = characters.find([changed])[0]
    assert 0.7 <= hit.share < 1
    dotless = question.replace("ı", "i")
    assert len(characters.find([dotless])[0]) == 1


def test_minimal_pair_at_the_bound_of_containment():
    # Twelve words have five n-grams of eight; a changed last word spoils one of them, two changed words spoil two.
    question = "batek bik hiruk lauk bostek seik zazpik zortzik bederatzik hamarrek hamaikak hamabik"
    index = index_of(question, grams=Grams("word", 8, 5))
    one, two = question.replace("hamabik", "hogeik"), question.replace("hamaikak hamabik", "hogeik ehunek")
    found = Matcher([index], containment=0.8).find([one, two])
    assert [[hit.share for hit in hits] for hits in found] == [[0.8], []]
    assert [hit.share for hit in Matcher([index], containment=0.6).find([two])[0]] == [0.6]


def test_n_grams_scattered_over_a_long_document_are_no_quote():
    question = " ".join(f"hitz{number}" for number in range(16))
    filling = " ".join(f"bete{number}" for number in range(40))
    words = question.split()
    halves = " ".join([*words[:12], filling, *words[5:]])
    index = index_of(question, grams=Grams("word", 8, 5))
    assert Matcher([index], containment=1.0).find([halves]) == [[]]
    (hit,) = Matcher([index], containment=0.5).find([halves])[0]
    assert hit.share == round(5 / 9, 4)


def test_a_short_question_is_found_only_in_one_piece():
    index = index_of("who wrote the old song", "who wrote it", grams=Grams("word", 8, 5), language="eng_Latn")
    assert index.numbers.tolist() == [1]
    assert index.about.left_out["too short"] == 1
    found = Matcher([index], containment=0.1).find(
        ["Tell me: who wrote the old song?", "who wrote the very old song", "who wrote it", "Who wrote the old songs"]
    )
    assert [len(hits) for hits in found] == [1, 0, 0, 0]


def test_seven_words_are_found_whole_and_not_with_a_word_between():
    index = index_of("bat bi hiru lau bost sei zazpi", grams=Grams("word", 8, 5))
    found = Matcher([index], containment=0.1).find(
        ["bat bi hiru lau bost sei zazpi", "bat bi hiru lau bost eta sei zazpi"]
    )
    assert [len(hits) for hits in found] == [1, 0]


def test_how_a_benchmark_asks_is_left_out():
    frame = "Which of the following statements is an example of"
    questions = [
        f"{frame} {name}{number} in the {name} of {number} towns?" for number, name in enumerate("abcdefghijkl")
    ]
    index = index_of(*questions, language="eng_Latn")
    assert index.about.left_out["common n-grams"] == 2
    matcher = Matcher([index], containment=0.7)
    assert matcher.find([f"{frame} courage and patience?"]) == [[]]
    assert [hit.item for hit in matcher.find([questions[4]])[0]] == [5]
    assert Matcher([index_of(*questions, language="eng_Latn", common=100)], containment=0.1).find([frame]) != [[]]


def test_a_question_that_is_asked_many_times_is_not_common():
    index = index_of(*[QUESTIONS["deu_Latn"]] * 30, language="deu_Latn")
    assert index.about.left_out["common n-grams"] == 0
    assert [hit.item for hit in Matcher([index], containment=0.7).find([QUESTIONS["deu_Latn"]])[0]] == list(
        range(1, 31)
    )


def test_a_question_that_stands_twice_has_two_spans():
    question = QUESTIONS["tur_Latn"]
    text = f"Soru: {question} Cevap yok.\n\nBir daha: {question}"
    (hit,) = Matcher([index_of(question, language="tur_Latn")], containment=0.7).find([text])[0]
    assert [text[start:end] for start, end in hit.spans] == [question.rstrip("?")] * 2


@pytest.mark.parametrize(
    ("tag", "grams"),
    [
        ("eng_Latn", Grams("word", 8, 5)),
        ("swh_Latn", Grams("word", 8, 5)),
        ("hin_Deva", Grams("word", 8, 5)),
        ("tur_Latn", Grams("character", 14, 25)),
        ("eus_Latn", Grams("character", 16, 27)),
        ("tha_Thai", Grams("character", 12, 20)),
        ("cmn_Hani", Grams("character", 4, 8)),
        ("kor_Hang", Grams("character", 6, 10)),
        ("nod_Thai", Grams("character", 12, 20)),  # Northern Thai is not measured: as Thai
        ("und_Latn", Grams("word", 8, 5)),
    ],
)
def test_what_an_n_gram_is_goes_by_the_language(tag, grams):
    assert grams_of(tag) == grams


def test_characters_can_be_asked_for_in_any_language():
    assert grams_in("character", "deu_Latn").unit == "character"
    assert grams_in("word", "tur_Latn") == Grams("word", 8, 5)


def test_units_keep_their_places_in_the_text():
    text = "«Ng’ombe, ﬁlm» ใคร"
    tokens = tokenize([text], "word")
    assert [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)] == [
        "Ng’ombe",
        "ﬁlm",
        "ใ",
        "ค",
        "ร",
    ]
    assert tokens.hashes[0] == tokenize(["NG'OMBE"], "word").hashes[0]
    assert tokens.hashes[1] == tokenize(["film"], "word").hashes[0]


@pytest.mark.parametrize("tag", ["vie_Latn", "hin_Deva", "arb_Arab", "deu_Latn"])
@pytest.mark.parametrize("form", ["NFD", "NFKD"])
def test_normal_forms_make_no_difference(tag, form):
    text = QUESTIONS[tag]
    other = unicodedata.normalize(form, text)
    assert tokenize([text], "word").hashes.tolist() == tokenize([other], "word").hashes.tolist()


def test_a_file_holds_hashes_and_is_the_same_each_time():
    index = index_of(*QUESTIONS.values(), language="tur_Latn", grams=Grams("character", 14, 20))
    data = index.dump()
    assert data == index_of(*QUESTIONS.values(), language="tur_Latn", grams=Grams("character", 14, 20)).dump()
    assert Index.load(data).dump() == data
    for text in QUESTIONS.values():
        for word in text.split():
            assert len(word) < 5 or word.encode() not in data
    assert (np.diff(index.hashes.astype(object)) > 0).all()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "does not begin"),
        (lambda data: data[:-1], "bytes where its head calls for"),
        (lambda data: data + b"\0", "bytes where its head calls for"),
        (lambda data: data[:30], "head is damaged"),
        (lambda data: data.replace(b'"normalization":1', b'"normalization":9'), "normalization 9"),
        (lambda data: data.replace(b'"unit":', b'"unot":'), "head is damaged"),
    ],
)
def test_a_file_that_is_no_index_says_why(damage, message):
    with pytest.raises(ValueError, match=message):
        Index.load(damage(ALL[0].dump()))


PIECES = st.sampled_from(
    [*QUESTIONS.values(), *NEAR.values(), "", " ", "\n", "a\ud800b", "\u0301\u0e31", "12 34", "🎉👩🏽‍🌾"]
)
TEXTS = st.lists(st.lists(PIECES | st.text(max_size=8), max_size=4).map(" ".join), max_size=8)


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, order=st.randoms(use_true_random=False))
def test_what_is_found_does_not_depend_on_neighbors_or_order(texts, order):
    matcher = Matcher(ALL, containment=0.7)
    together = matcher.find(texts)
    assert together == [matcher.find([text])[0] for text in texts]
    shuffled = list(range(len(texts)))
    order.shuffle(shuffled)
    assert matcher.find([texts[place] for place in shuffled]) == [together[place] for place in shuffled]
    for text, hits in zip(texts, together, strict=True):
        for hit in hits:
            assert 0.7 <= hit.share <= 1
            assert all(0 <= start < end <= len(text) for start, end in hit.spans)


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(st.sampled_from("abcde"), max_size=40),
    n=st.integers(1, 6),
    question=st.lists(st.sampled_from("abcde"), min_size=6, max_size=12),
)
def test_shares_are_those_of_a_plain_search(words, n, question):
    """Against sets of tuples, within every stretch of twice the question's length."""
    index = index_of(" ".join(question), grams=Grams("word", n, n))
    wanted = {tuple(question[place : place + n]) for place in range(len(question) - n + 1)}
    width = 2 * len(question)
    best = max(
        (
            len(wanted & {tuple(part[place : place + n]) for place in range(len(part) - n + 1)}) / len(wanted)
            for start in range(max(1, len(words) - width + 1))
            if (part := words[start : start + width])
        ),
        default=0.0,
    )
    hits = Matcher([index], containment=0.01).find([" ".join(words)])[0]
    assert [hit.share for hit in hits] == ([round(best, 4)] if best else [])


def test_a_whole_benchmark_in_one_document_is_found_item_by_item():
    questions = [
        f"Zein da {number}. galderaren erantzuna, {number * 7} orrialdeko {number} liburu zaharrean?"
        for number in range(400)
    ]
    found = Matcher([index_of(*questions)], containment=0.9).find(["\n".join(questions)])[0]
    assert [hit.item for hit in found] == list(range(1, 401))


def test_hostile_texts_take_linear_time():
    matcher = Matcher(ALL, containment=0.7)
    matcher.find(["a"])
    texts = [
        "a\u0301" + "\u0316\u0301" * 500_000,
        "." * 1_000_000,
        "a " * 500_000,
        f"{QUESTIONS['tur_Latn']} " * 10_000,
    ]
    long = "." * 1_000_000 + "a"
    (*none, (hit,)), _ = done_within(20, lambda: (matcher.find(texts), cut(long, [(5, 9)])))  # 2 s on a slow machine
    assert (none, hit.share) == ([[], [], []], 1)


@pytest.mark.parametrize(
    ("text", "quoted", "left"),
    [
        ("Egun on. Zer da hau? Agur.", "Zer da", "Egun on. Agur."),
        ("Egun on. Zer da hau?", "Zer da hau", "Egun on."),
        ("Zer da hau? Agur.", "Zer da hau", "Agur."),
        ("Bat.\n\nZer da hau?\n\nBi.", "Zer da hau", "Bat.\n\nBi."),
        ("今天很冷。这是什么？再见。", "这是什么", "今天很冷。再见。"),
        ("यह पहला है। यह क्या है? यह अंत है।", "यह क्या है", "यह पहला है। यह अंत है।"),
        ("วันนี้อากาศดี นี่คืออะไร ลาก่อน", "นี่คืออะไร", "วันนี้อากาศดี ลาก่อน"),
        ("Es kostet 3.50 Euro. Was ist das? Gut.", "kostet", "Was ist das? Gut."),
        ("Zer da hau?", "Zer da hau", ""),
    ],
)
def test_sentences_are_cut_whole(text, quoted, left):
    start = text.index(quoted)
    assert cut(text, [(start, start + len(quoted))]) == left


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60), spans=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_what_is_left_after_a_cut_stood_in_the_text_and_the_cut_does_not(text, spans):
    inside = [(min(a, b), max(a, b)) for a, b in spans if max(a, b) <= len(text) and a != b]
    left = cut(text, inside)
    letters = iter(text)
    assert all(sign in letters for sign in left)  # in the same order
    gone = sum(1 for place, _ in enumerate(text) if any(a <= place < b for a, b in inside))
    assert len(left) <= len(text) - gone

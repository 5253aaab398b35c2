"""Documents through engines that lose, double and refuse: what is retried, split, refused, and never asked twice."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Answer, BackendInfo, Request, Usage
from glotmill.mt.cache import FILE, Origin, TranslationCache
from glotmill.mt.translating import LostMasks, Result, Translator

INFO = BackendInfo("test", "1", "Apache-2.0", "free", (), "sentence", 4000, deterministic=True)
ORIGIN = Origin("test", "{}", "swh_Latn", "khm_Khmr")


class Engine:
    """An engine of a test: what it says to one line."""

    def __init__(self, say: Callable[[str], str | Answer], info: BackendInfo = INFO) -> None:
        self.say, self.info, self.usage = say, info, Usage()
        self.asked: list[Request] = []

    def translate(self, requests: Sequence[Request]) -> list[Answer]:
        self.asked += requests
        said = [self.say(request.text) for request in requests]
        return [one if isinstance(one, Answer) else Answer(one) for one in said]

    def close(self) -> None:
        self.info = replace(self.info, model="closed")


def translated(
    say: Callable[[str], str | Answer],
    *texts: str,
    lost: LostMasks = "split",
    cache: TranslationCache | None = None,
    context: int = 0,
    info: BackendInfo = INFO,
) -> tuple[list[Result], list[str]]:
    engine = Engine(say, info)
    translator = Translator(engine, cache or TranslationCache(None), ORIGIN, lost_masks=lost, context=context)
    return translator.translate(texts), [request.text for request in engine.asked]


TEXT = "Fungua `faili.txt` kwanza.\n\n- Kisha {jina}.\n"


def test_a_document_comes_back_with_its_frame_and_its_segments():
    [result], asked = translated(str.upper, TEXT)
    assert result.text == "FUNGUA `faili.txt` KWANZA.\n\n- KISHA {jina}.\n"
    assert asked == ["Fungua ⟦0⟧ kwanza.", "Kisha ⟦0⟧."]
    assert result.segments.sources == ("Fungua `faili.txt` kwanza.", "Kisha {jina}.")
    assert result.segments.targets == ("FUNGUA `faili.txt` KWANZA.", "KISHA {jina}.")
    assert (result.failure, result.asked) == (None, 2)


def test_a_lost_mask_is_tried_with_every_sentinel_and_then_split_around():
    def deaf(line: str) -> str:
        return "".join(sign for sign in line.upper() if sign not in "⟦⟧0XQ<>/")

    [result], asked = translated(deaf, "Fungua `faili` kwanza, rafiki.\n")
    assert result.text == "FUNGUA `faili` KWANZA, RAFIKI.\n"
    assert asked == [
        "Fungua ⟦0⟧ kwanza, rafiki.",
        "Fungua XQ0QX kwanza, rafiki.",
        "Fungua <x0/> kwanza, rafiki.",
        "Fungua",
        "kwanza, rafiki.",
    ]
    [result], _ = translated(deaf, "Fungua `faili` kwanza, rafiki.\n", lost="reject")
    assert result.text is None
    assert result.failure is not None
    assert (result.failure.reason, result.failure.detail) == ("placeholders", "lost: '`faili`' came back 0 times")


def test_a_text_that_holds_every_sentinel_is_split_or_refused():
    text = "Alama ⟦0⟧ na XQ1QX na <x2/> na `a` tu."
    [result], asked = translated(str.upper, text)
    assert result.text == "ALAMA ⟦0⟧ NA XQ1QX NA <x2/> NA `a` TU."
    assert all("`" not in line for line in asked)
    [result], asked = translated(str.upper, text, lost="reject")
    assert result.failure is not None
    assert (result.failure.reason, asked) == ("placeholders", [])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer("nusu", "length", "cut off"), "unfinished"),
        (Answer("", "refused", "content_filter"), "refused"),
        (Answer("", "error", "died"), "engine_error"),
        (Answer("moja\x00mbili"), "engine_error"),
        (Answer("moja\nmbili"), "engine_error"),
        (Answer("\ud800"), "engine_error"),
    ],
)
def test_one_segment_without_translation_refuses_its_document_and_no_other(answer, reason):
    results, _ = translated(
        lambda line: answer if "mbaya" in line else line.upper(), "Nzuri.\nMbovu mbaya.", "Nzuri sana."
    )
    assert results[0].text is None
    assert results[0].failure is not None
    assert results[0].failure.reason == reason
    assert results[1].text == "NZURI SANA."


@pytest.mark.parametrize("text", ["", "\n", "```\nx = 1\n```\n", "12 + 3 = 15", '{"a": 1}'])
def test_a_document_without_prose_has_nothing_to_translate(text):
    [result], asked = translated(str.upper, text)
    assert result.failure is not None
    assert (result.failure.reason, asked) == ("nothing_to_translate", [])


def test_what_is_asked_twice_is_asked_once_and_the_next_run_asks_nothing(tmp_path: Path):
    cache = TranslationCache(tmp_path)
    first, asked = translated(str.upper, "Habari. Nzuri.\nHabari.", "Habari.", cache=cache)
    assert asked == ["Habari.", "Nzuri."]
    again, asked = translated(
        lambda _: "another answer", "Habari. Nzuri.\nHabari.", "Habari.", cache=TranslationCache(tmp_path)
    )
    assert (again, asked) == (first, [])
    [spent] = cache.spent()
    assert (spent.engine, spent.target, spent.requests, spent.characters) == ("test", "khm_Khmr", 2, 13)


def test_another_engine_direction_or_context_asks_anew():
    request = Request("Habari.")
    keys = {
        ORIGIN.key(request),
        replace(ORIGIN, fingerprint="{1}").key(request),
        replace(ORIGIN, target="lao_Laoo").key(request),
        ORIGIN.key(Request("Habari.", ("Juma",))),
        ORIGIN.key(Request("Habari. ")),
    }
    assert len(keys) == 5


def test_the_first_answer_stays_and_passing_trouble_is_not_remembered():
    cache = TranslationCache(None)
    request = Request("Habari.")
    key = ORIGIN.key(request)
    cache.put(ORIGIN, {key: (request, Answer("", "error", "busy", lasting=False))})
    assert cache.get([key]) == {}
    cache.put(ORIGIN, {key: (request, Answer("one"))})
    cache.put(ORIGIN, {key: (request, Answer("two"))})
    assert cache.get([key]) == {key: Answer("one")}


def test_a_broken_cache_says_what_to_do(tmp_path: Path):
    (tmp_path / FILE).write_bytes(b"this is no database, and it is long enough to be looked at" * 100)
    with pytest.raises(SettingsError, match="delete it"):
        TranslationCache(tmp_path)


def test_an_engine_that_reads_context_gets_the_segments_before():
    engine = Engine(str.upper)
    Translator(engine, TranslationCache(None), ORIGIN, lost_masks="split", context=2).translate(
        ["Moja huja. Mbili huja. Tatu huja. Nne huja."]
    )
    assert [request.context for request in engine.asked] == [
        (),
        ("Moja huja.",),
        ("Moja huja.", "Mbili huja."),
        ("Mbili huja.", "Tatu huja."),
    ]


def test_a_document_of_two_megabytes_in_one_line_is_asked_in_pieces_that_the_engine_reads():
    text = "Mto ulifurika usiku kucha na watu wakahamia mlimani pamoja na mbuzi wao wote. " * 26_000
    [result], asked = translated(str.upper, text, info=replace(INFO, max_characters=200))
    assert result.text == text.upper()
    assert len(asked) == 1
    assert result.asked == 26_000


def test_trouble_that_passes_fails_its_document_for_now_and_an_outage_ends_the_run():
    busy = Answer("", "error", "status 500, 7 times", lasting=False)
    results, _ = translated(lambda line: busy if "mbaya" in line else line.upper(), "Habari mbaya.", "Habari nzuri.")
    assert [result.text for result in results] == [None, "HABARI NZURI."]
    assert results[0].failure is not None
    assert (results[0].failure.reason, results[0].failure.lasting) == ("engine_error", False)
    with pytest.raises(SettingsError, match=r"test answered none of 9 requests: status 500"):
        translated(lambda _: busy, *[f"Habari {number} nzuri." for number in range(9)])


@pytest.mark.parametrize("said", ["Use ⟦0⟧ now.", "Use XQ0QX now.", "Use ⟦ now."])
@pytest.mark.parametrize("lost", ["split", "reject"])
def test_a_sentinel_that_an_engine_invents_is_in_no_document(said, lost):
    [result], asked = translated(lambda _: said, "Tumia sasa.", lost=lost)
    assert (result.text, len(asked)) == (None, 1)
    assert result.failure is not None
    assert result.failure.reason == "placeholders"
    assert "is left of a sentinel" in result.failure.detail


def test_a_sentinel_that_an_engine_invents_between_masked_spans_is_in_no_document():
    [result], _ = translated(lambda line: "⟧" if "⟦" not in line and "XQ" not in line else "x", "Tumia `a` sasa.")
    assert result.failure is not None
    assert result.failure.reason == "placeholders"


@pytest.mark.parametrize(
    "said", ["``` habari", "~~~", "<!-- habari", "$$ habari", "<pre>habari", "[a]: habari", "# habari", '{"a":']
)
def test_an_answer_opens_no_block_that_its_source_does_not(said):
    text = "Habari.\n\nNzuri `sana` leo.\n\n```\nx = 1\n```\n\n<!-- -->\n$$\ny\n$$\n<pre>\n</pre>\n}\n"
    [result], _ = translated(lambda line: said if line == "Habari." else line, text)
    assert result.text is None or result.text == text.replace("Habari.", said, 1)
    if said == '{"a":':
        assert result.failure is None  # no JSON, so text
    else:
        assert result.failure is not None
        assert result.failure.reason == "structure"


WRITER = """
import sys
from pathlib import Path
from glotmill.mt.backends.base import Answer, Request
from glotmill.mt.cache import Origin, TranslationCache
cache, origin, number = TranslationCache(Path(sys.argv[1])), Origin("test", "{}", "swh_Latn", "khm_Khmr"), 0
while True:
    batch = {}
    for _ in range(50):
        request = Request(f"Habari {number}.")
        batch[origin.key(request)] = request, Answer(f"{number} សួស្តី" * 200)
        number += 1
    cache.put(origin, batch)
    print(number, flush=True)
"""


def test_a_writer_that_is_killed_leaves_whole_answers_and_every_batch_that_it_reported(tmp_path: Path):
    for patience in (1, 4, 9):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            said = [int(writer.stdout.readline()) for _ in range(patience)]
            writer.kill()
        cache = TranslationCache(tmp_path)
        keys = {ORIGIN.key(Request(f"Habari {number}.")): number for number in range(said[-1] + 200)}
        found = cache.get(list(keys))
        assert all(answer == Answer(f"{keys[key]} សួស្តី" * 200) for key, answer in found.items())
        assert {key for key, number in keys.items() if number < said[-1]} <= set(found)
        assert len(found) % 50 == 0
        cache.close()

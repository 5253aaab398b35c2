"""The backend that streams lines through a program: real programs that behave, hang, die, lose lines and talk too much."""

import shutil
import sys
import time

import pytest

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import BackendInfo, Request
from glotmill.mt.backends.command import CommandBackend

INFO = BackendInfo("a script", "1", "Apache-2.0", "free", (), "sentence", 4000, deterministic=True)
SHOUT = "import sys\nfor line in sys.stdin:\n    {}\n    print(line.rstrip('\\n').upper(), flush=True)\n"


def backend(body: str, *, lifetime="run", frame="line", seconds=20.0) -> CommandBackend:
    return CommandBackend(
        INFO, [sys.executable, "-c", SHOUT.format(body)], frame=frame, lifetime=lifetime, seconds=seconds
    )


def asked(engine: CommandBackend, texts: list[str]) -> list[tuple[str, str]]:
    try:
        return [(answer.finish, answer.text or answer.detail) for answer in engine.translate([*map(Request, texts)])]
    finally:
        engine.close()


@pytest.mark.parametrize("lifetime", ["batch", "run"])
@pytest.mark.parametrize("frame", ["line", "paragraph"])
def test_answers_come_in_order_however_many_there_are(lifetime, frame):
    texts = [f"kaixo {number} munduari нет ü" for number in range(700)]
    assert asked(backend("pass", lifetime=lifetime, frame=frame), texts) == [("stop", text.upper()) for text in texts]


def test_a_program_stays_for_the_run_and_reads_more_than_pipes_hold():
    engine = backend("pass")
    for _ in range(3):
        assert engine.translate([Request("ş" * 200_000)])[0].text == "Ş" * 200_000
    assert engine.usage.restarts == 1
    engine.close()


@pytest.mark.parametrize("lifetime", ["batch", "run"])
def test_a_request_that_kills_the_program_costs_itself_alone(lifetime):
    texts = ["bir", "iki", "öl", "dört", "beş"]
    found = asked(backend("if 'öl' in line: sys.exit(3)", lifetime=lifetime), texts)
    assert [finish for finish, _ in found] == ["stop", "stop", "error", "stop", "stop"]
    assert found[2][1].startswith("died: exit code 3")
    assert [text for finish, text in found if finish == "stop"] == ["BIR", "IKI", "DÖRT", "BEŞ"]


def test_many_requests_that_kill_the_program_end_no_run_that_had_answers():
    texts = ["bir", *(["öl"] * 20), "iki", *(["öl"] * 12)]
    found = asked(backend("if 'öl' in line: sys.exit(3)", lifetime="batch"), texts)
    assert [text for finish, text in found if finish == "stop"] == ["BIR", "IKI"]
    assert [finish for finish, _ in found].count("error") == 32


def test_a_request_that_hangs_meets_its_deadline_and_the_others_their_answers():
    begun = time.monotonic()
    found = asked(backend("if 'ngoja' in line: import time; time.sleep(60)", seconds=0.8), ["moja", "ngoja", "tatu"])
    assert found == [("stop", "MOJA"), ("error", "deadline: no end after 0.8 s"), ("stop", "TATU")]
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("if '2' in line: continue", "framing: 1 requests came back as 0 lines"),
        ("if '2' in line: print('more')", "framing: 1 requests came back as 2 lines"),
        ("if '2' in line: line = '  '", "an empty answer"),
        ("if '2' in line: sys.stdout.buffer.write(b'\\xff\\n'); sys.stdout.flush(); continue", "framing: not UTF-8"),
        ("if '2' in line: print('x' * 2_000_000, end='')", "overlong"),
    ],
)
def test_a_program_that_breaks_its_lines_breaks_no_neighbor(body, detail):
    found = asked(backend(body, lifetime="batch"), ["一1", "二2", "三3"])
    assert [finish for finish, _ in found] == ["stop", "error", "stop"]
    assert found[1][1].startswith(detail)
    assert (found[0][1], found[2][1]) == ("一1", "三3")


def test_an_empty_answer_and_one_of_two_paragraphs_are_no_two_answers():
    body = "line = '' if 'bi' in line else line.replace('hiru', 'hi\\n\\nru')"
    found = asked(backend(body, frame="paragraph", lifetime="batch"), ["bat", "bi", "hiru", "lau"])
    assert found[0] == ("stop", "BAT")
    assert [finish for finish, _ in found] == ["stop", "error", "error", "stop"]
    assert found[3] == ("stop", "LAU")


def test_lines_that_nobody_asked_for_never_become_an_answer():
    engine = backend("print('noise', flush=True)")
    first = engine.translate([Request("a")])
    time.sleep(0.3)
    second = engine.translate([Request("b")])
    engine.close()
    assert {answer.text for answer in (*first, *second)} <= {"noise", ""}
    assert engine.usage.restarts + len(engine.usage.problems) >= 2


def test_a_program_that_is_missing_or_always_fails_ends_the_run():
    with pytest.raises(SettingsError, match="no program 'no-such-program'"):
        asked(CommandBackend(INFO, ["no-such-program"], frame="line", lifetime="batch", seconds=5), ["x"])
    with pytest.raises(SettingsError, match=r"gave no answer 8 times.*no model here"):
        asked(
            CommandBackend(
                INFO,
                [sys.executable, "-c", "import sys; sys.exit('no model here')"],
                frame="line",
                lifetime="batch",
                seconds=20,
            ),
            [str(number) for number in range(300)],
        )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("apertium") is None, reason="apt-get install apertium-eng-spa")
def test_apertium_translates_line_by_line_with_its_sentinels():
    engine = CommandBackend(INFO, ["apertium", "-u", "eng-spa"], frame="paragraph", lifetime="batch", seconds=60)
    texts = ["The house is big", "Open ⟦0⟧ with [the key⟦1⟧", "I saw the", "red dogs", "50% of {x} \\ ^a$ <b>"] * 30
    found = asked(engine, texts)
    assert [finish for finish, _ in found] == ["stop"] * len(texts)
    assert found[0][1] == "La casa es grande"
    assert [text for _, text in found] == [text for _, text in found[:5]] * 30
    assert all("⟦0⟧" in text and "⟦1⟧" in text for _, text in found[1::5])

"""The sandbox keeps its promises on real pages that hang, grow and die by real signals."""

import os
import select
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import hostile_pages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import SettingsError
from glotmill.stages.sandbox import Answer, Breach, Limits, Sandbox

SENTENCE = "Zer egun ederra da gaur, lagunok, eta zein polita den itsasoa."
ROOMY = Limits(seconds=20, cpu_seconds=20, memory_mb=512)
OPTIONS = {"tables": True, "fast": False}


def page(text: str = SENTENCE) -> str:
    return f"<html><head><title>Egun ona</title></head><body><article><p>{text}</p></article></body></html>"


def trafilatura(limits: Limits = ROOMY, recycle_after: int = 2000) -> Sandbox:
    return Sandbox("extract trafilatura", options=OPTIONS, limits=limits, recycle_after=recycle_after)


@pytest.fixture(scope="module")
def roomy():
    with trafilatura() as sandbox:
        yield sandbox


def test_a_page_comes_back_as_its_text(roomy):
    assert roomy(page()) == Answer(SENTENCE)


def test_a_page_without_text_is_an_answer_of_nothing(roomy):
    assert roomy("<html><body></body></html>") == Answer(None)


def test_a_page_larger_than_the_pipe_comes_back_whole():
    lines = "".join(f"<p>{SENTENCE} {number}</p>" for number in range(40_000))
    with Sandbox("extract resiliparse", options={"tables": True}, limits=ROOMY) as sandbox:
        answer = sandbox(f"<html><body>{lines}</body></html>")
    assert answer.value.count(SENTENCE) == 40_000


def test_a_hanging_page_is_a_timeout_and_the_next_page_is_served():
    with trafilatura(Limits(seconds=60, cpu_seconds=0.2, memory_mb=512)) as sandbox:
        assert sandbox(hostile_pages.hanging_page(20_000)) == Breach(
            "timeout", "no result within 240 s, 0.8 s of CPU time; before: no result within 60 s, 0.2 s of CPU time"
        )
        assert sandbox(page()) == Answer(SENTENCE)


def test_wall_time_is_a_limit_of_its_own():
    with trafilatura(Limits(seconds=0.2, cpu_seconds=60, memory_mb=512)) as sandbox:
        assert sandbox(hostile_pages.hanging_page(20_000)).cause == "timeout"


def test_a_page_that_eats_memory_is_a_breach_of_memory():
    with trafilatura(Limits(seconds=60, cpu_seconds=60, memory_mb=24)) as sandbox:
        assert sandbox(hostile_pages.memory_page(depth=200, characters=250_000)) == Breach(
            "memory", "more than 96 MB of memory; before: more than 24 MB of memory"
        )
        assert sandbox(page()) == Answer(SENTENCE)


def test_running_out_of_memory_is_never_taken_for_an_empty_page():
    # With this little memory lxml gives back an empty tree and trafilatura reports nothing found.
    attributes = " ".join(f"{letter}=1" for letter in "abcdefghijklmnopqrstuvwxyz")
    hungry = page("</p>".join(f"<p {attributes}>{SENTENCE}" for _ in range(12_000)))
    with trafilatura(Limits(seconds=60, cpu_seconds=60, memory_mb=16)) as sandbox:
        assert sandbox(hungry).cause == "memory"


def test_a_page_that_needs_the_wider_limits_is_kept():
    with trafilatura(Limits(seconds=60, cpu_seconds=60, memory_mb=48)) as sandbox:
        answer = sandbox(hostile_pages.memory_page(depth=80, characters=200_000))
    assert isinstance(answer, Answer)
    assert answer.value.endswith("Azken esaldia.")


def kill_worker_every(seconds: float, sandbox: Sandbox, number: int, *, times: int) -> list[int]:
    """Send a signal to whichever worker is at work, from outside of it; return the list of those that got one."""
    hit: list[int] = []

    def strike(*_: object) -> None:
        worker = sandbox.worker_pid
        if worker is not None and worker not in hit:
            hit.append(worker)
            os.kill(worker, number)
        if len(hit) == times:
            signal.setitimer(signal.ITIMER_REAL, 0)

    signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    return hit


@pytest.fixture
def alarm():
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_a_worker_killed_twice_is_a_crash_with_its_signal(alarm):
    with trafilatura() as sandbox:
        sandbox(page())
        kill_worker_every(0.2, sandbox, signal.SIGSEGV, times=2)
        assert sandbox(hostile_pages.hanging_page(40_000)) == Breach(
            "crash", "SIGSEGV (signal 11); before: SIGSEGV (signal 11)"
        )
        assert sandbox(page()) == Answer(SENTENCE)


def test_a_page_whose_worker_dies_once_is_not_lost(alarm):
    with trafilatura() as sandbox:
        sandbox(page())
        hit = kill_worker_every(0.1, sandbox, signal.SIGKILL, times=1)
        answer = sandbox(hostile_pages.hanging_page(8_000))
        assert len(hit) == 1
        assert answer.value.endswith("Azken esaldia.")


def test_a_worker_that_dies_between_two_pages_costs_no_page(roomy):
    roomy(page())
    worker = roomy.worker_pid
    descriptor = os.pidfd_open(worker) if hasattr(os, "pidfd_open") else None
    os.kill(worker, signal.SIGKILL)
    if descriptor is not None:
        select.select([descriptor], [], [], 10)
        os.close(descriptor)
    assert roomy(page()) == Answer(SENTENCE)
    assert roomy.worker_pid != worker


def test_a_nursery_that_dies_is_replaced():
    with trafilatura() as sandbox:
        sandbox(page())
        os.kill(sandbox._nursery._process.pid, signal.SIGKILL)
        assert sandbox(page()) == Answer(SENTENCE)


def test_workers_are_replaced_after_so_many_pages_and_none_is_lost():
    with trafilatura(recycle_after=2) as sandbox:
        workers, answers = [], []
        for number in range(6):
            answers.append(sandbox(page(f"{SENTENCE} {number}")).value)
            workers.append(sandbox.worker_pid)
    assert answers == [f"{SENTENCE} {number}" for number in range(6)]
    assert [len(set(workers[:2])), len(set(workers[2:4])), len(set(workers))] == [1, 1, 3]


def test_the_interrupt_key_does_not_reach_the_child(roomy):
    roomy(page())
    worker = roomy.worker_pid
    os.kill(worker, signal.SIGINT)
    os.kill(roomy._nursery._process.pid, signal.SIGINT)
    assert roomy(page()) == Answer(SENTENCE)
    assert roomy.worker_pid == worker


def have_ended(descriptors: list[int]) -> list[bool]:
    ended = [bool(select.select([descriptor], [], [], 20)[0]) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    return ended


@pytest.mark.skipif(sys.platform != "linux", reason="pidfd_open is Linux's")
def test_a_closed_sandbox_leaves_no_process_and_starts_again():
    sandbox = trafilatura()
    sandbox(page())
    children = [os.pidfd_open(sandbox._nursery._process.pid), os.pidfd_open(sandbox.worker_pid)]
    sandbox.close()
    sandbox.close()
    assert have_ended(children) == [True, True]
    assert sandbox(page()) == Answer(SENTENCE)
    sandbox.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the child ends with its page, not with the parent")
def test_a_killed_parent_takes_the_working_child_with_it():
    script = """
        import hostile_pages
        from glotmill.stages.sandbox import Limits, Sandbox
        sandbox = Sandbox("extract trafilatura", options={"tables": True, "fast": False}, limits=Limits(90, 90, 512))
        sandbox("<html><body><p>kaixo</p></body></html>")
        print(sandbox._nursery._process.pid, sandbox.worker_pid, flush=True)
        sandbox(hostile_pages.hanging_page())
    """
    environment = os.environ | {"PYTHONPATH": str(Path(hostile_pages.__file__).parent)}
    driver = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, env=environment, text=True
    )
    children = [os.pidfd_open(int(pid)) for pid in driver.stdout.readline().split()]
    driver.kill()
    driver.communicate()
    assert have_ended(children) == [True, True]


def test_an_unknown_function_is_refused():
    with pytest.raises(ValueError, match="no such function"):
        Sandbox("extract everything", limits=ROOMY)


def test_a_child_that_cannot_import_says_why(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with trafilatura() as sandbox, pytest.raises(SettingsError, match="ModuleNotFoundError"):
        sandbox(page())


@settings(max_examples=60, deadline=None)
@given(st.text(), st.lists(st.sampled_from(["<p>", "</p>", "<table><td>", "<!--", "<b", "\0", "&#0;", "<math>", "ก"])))
def test_any_string_gets_an_answer(roomy, text, tags):
    answer = roomy("".join(tags) + text + "".join(tags))
    assert isinstance(answer, Answer)
    assert answer.error is None

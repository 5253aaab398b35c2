"""The bound on what hostile input costs: it holds one thread's work to it, and gives a busy machine another try."""

import threading

import pytest

from support.effort import TRIES, done_within, effort


def spin(turns: int) -> int:
    return sum(number & 1 for number in range(turns))


def test_work_that_is_too_dear_each_time_fails_with_what_it_took():
    with pytest.raises(AssertionError, match=r"took \[\d+\.\d+, \d+\.\d+, \d+\.\d+\] s of processor, more than 0\.01"):
        done_within(0.01, lambda: spin(3_000_000))


def test_work_that_is_slow_once_passes_and_returns_what_it_found():
    turns = iter([3_000_000, 1])
    assert done_within(0.02, lambda: spin(next(turns))) == 0
    assert TRIES > 1


def test_the_work_of_other_threads_is_not_counted():
    ended = threading.Event()

    def busy() -> None:
        while not ended.is_set():
            spin(1_000)

    other = threading.Thread(target=busy)
    other.start()
    try:
        alone = threading.Event()
        assert effort(lambda: alone.wait(0.2)) < 0.05
    finally:
        ended.set()
        other.join()

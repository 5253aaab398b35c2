"""Tasks that worker processes import by name."""

import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path


class Locked(Exception):
    """Refuses to be pickled: it holds a function of no name."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}", lambda: None)


class TwoWords(Exception):
    """Can be pickled and never be rebuilt: pickle passes one argument."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def square(number: int) -> int:
    return number * number


def echo(value: object) -> object:
    return value


def when(_: object) -> tuple[float, float]:
    """Take a moment; return when it began and ended."""
    begun = time.monotonic()
    select.select([], [], [], 0.1)
    return begun, time.monotonic()


def wait(seconds: float) -> float:
    select.select([], [], [], seconds)
    return seconds


def pid(_: object) -> int:
    return os.getpid()


def niceness(_: object) -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def divide_by(number: int) -> float:
    return 12 / number


def raise_locked(_: object) -> None:
    raise Locked("ezin da", "ireki")


def raise_two_words(_: object) -> None:
    raise TwoWords("ezin da", "ireki")


def raise_recipe_error(_: object) -> None:
    from glotmill.core.errors import RecipeError

    raise RecipeError("no such measure", file="filters/x.yaml", field="rules.0", remedy="did you mean word_count?")


def return_a_lambda(_: object) -> object:
    return lambda: None


def kill_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def leave_at_three(number: int) -> int:
    if number == 3:
        os._exit(7)
    return number


def exit_at_three(number: int) -> int:
    if number == 3:
        sys.exit("enough")
    return number


def fork_a_child_and_die(folder: str) -> None:
    child = os.fork()
    if child == 0:
        signal.pause()
    (Path(folder) / "grandchild").write_text(str(child))
    os.kill(os.getpid(), signal.SIGKILL)


def say_pid_and_wait(pipe: str) -> None:
    Path(pipe).write_text(f"{os.getpid()}\n")
    signal.pause()


def is_imported(name: str) -> bool:
    return name in sys.modules


class CountsItsOpenings:
    """A task as heavy as a model: it knows how often this process opened it."""

    opened = 0

    def __setstate__(self, state: object) -> None:
        type(self).opened += 1

    def __getstate__(self) -> dict[str, int]:
        return {"weight": 1}

    def __call__(self, _: object) -> tuple[int, int]:
        return os.getpid(), self.opened


class CannotBeOpened:
    def __getstate__(self) -> dict[str, int]:
        return {"weight": 1}

    def __setstate__(self, state: object) -> None:
        raise FileNotFoundError("no model here")

    def __call__(self, item: object) -> object:
        return item


def wait_on_the_doomed_node(order: tuple[str, str]) -> str:
    """Return the node's name; on the doomed one say in a named pipe that the item is under way, and never return."""
    import ray

    doomed, pipe = order
    here = ray.get_runtime_context().get_node_id()
    if here == doomed:
        Path(pipe).write_text("started\n")
        signal.pause()
    select.select([], [], [], 1.5)  # else this node is done with all items before the other has a worker
    return here


class SaysItsGpu(CountsItsOpenings):
    """The same, with the GPU that Ray gave its process; an item may name a pipe to meet another at, which is under way at once."""

    def __call__(self, item: tuple[str, str] | None) -> tuple[str, int, int]:
        if item is not None:
            with Path(item[0]).open(item[1]):  # opens when another opens its other end
                pass
        return os.environ.get("CUDA_VISIBLE_DEVICES", ""), os.getpid(), self.opened


class DiesOnce:
    """Kills its process at item 3 unless it did so before; the others say who they are."""

    def __init__(self, marker: str) -> None:
        self.marker = Path(marker)

    def __call__(self, number: int) -> int:
        if number == 3 and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()


class SticksOnce:
    """Waits for ever at item 9 unless it did so before; the others take a moment."""

    def __init__(self, marker: str) -> None:
        self.marker = Path(marker)

    def __call__(self, number: int) -> int:
        if number == 9 and not self.marker.exists():
            self.marker.touch()
            signal.pause()
        return number


class SticksOnceOnANode:
    """Waits for ever at one item of those from 20 on, once on this node, where items are quicker than elsewhere.

    The others return their node, and whether they had waited there before.
    """

    def __init__(self, marker: str, node: str) -> None:
        self.marker, self.node = Path(marker), node

    def __call__(self, number: int) -> tuple[str, bool]:
        import ray

        here = str(ray.get_runtime_context().get_node_id())
        if here != self.node:
            select.select([], [], [], 0.3)
        elif number >= 20:
            with suppress(FileExistsError):
                with self.marker.open("x") as file:
                    file.write(str(number))
                signal.pause()
        return here, self.marker.exists() and self.marker.read_text() == str(number)


class SticksAndThenDies:
    """Item 9 takes long the first time and kills its process every other time; what it returns is how often it did."""

    def __init__(self, folder: str) -> None:
        self.first, self.deaths = Path(folder) / "first", Path(folder) / "deaths"

    def __call__(self, number: int) -> int:
        if number != 9:
            return number
        if self.first.exists():
            with self.deaths.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)
        self.first.touch()
        died = 0.0
        while died < 3.0 and self._died() < 2:
            select.select([], [], [], 0.1)
            died += 0.1 if self._died() else 0.0
        return self._died()

    def _died(self) -> int:
        return len(self.deaths.read_text()) if self.deaths.exists() else 0


_leaked: list[bytes] = []


def leak(megabytes: int) -> int:
    """Hold more and more memory, and return the process that does."""
    _leaked.append(b"x" * (megabytes << 20))
    return os.getpid()


def grow(megabytes: int) -> int:
    """Hold memory for a while."""
    held = [b"x" * (1 << 20) for _ in range(megabytes)]
    select.select([], [], [], 0.5)
    return len(held)


def wait_for_all(order: tuple[str, int]) -> str:
    """Wait until as many tasks are under way at once as were asked for; return the node."""
    import ray

    folder, count = Path(order[0]), order[1]
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < count:
        select.select([], [], [], 0.05)
    return str(ray.get_runtime_context().get_node_id())

"""What a backend is: ordered requests in, ordered answers out, each with its own fate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Finish = Literal["stop", "length", "refused", "error"]


@dataclass(frozen=True, slots=True)
class Request:
    """One segment to translate.

    Args:
        text: one line, masked.
        context: segments before it, the nearest last; for engines that read some.
    """

    text: str
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one request.

    Args:
        text: the translation, empty where there is none.
        finish: `stop` where the engine came to an end by itself, `length` where it was cut off, `refused` where it said
            that it will not, `error` where there is no answer.
        detail: what went wrong, in words.
        avg_logprob: mean log probability of the answer's tokens, where the engine tells.
        tokens_in: that the request cost, where the engine tells.
        tokens_out: that the answer cost.
        lasting: whether the same request would meet the same fate again; a server that was down is no such fate.
    """

    text: str
    finish: Finish = "stop"
    detail: str = ""
    avg_logprob: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    lasting: bool = True


def failed(detail: str, *, lasting: bool = False) -> Answer:
    """Return the answer to a request that has none."""
    return Answer("", "error", detail[:300], lasting=lasting)


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What a backend is and may be used for; fields as in `mt.engines.Engine`."""

    model: str
    revision: str
    license: str
    output_terms: str
    pairs: tuple[tuple[str, str], ...]
    unit: Literal["sentence", "block"]
    max_characters: int
    deterministic: bool


@dataclass(slots=True)
class Usage:
    """What a backend has spent, as it counts itself."""

    requests: int = 0
    retries: int = 0
    restarts: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    problems: dict[str, int] = field(default_factory=dict)

    def note(self, problem: str) -> None:
        """Count a problem by its kind."""
        self.problems[problem] = self.problems.get(problem, 0) + 1


class Backend(Protocol):
    """Translates segments in one direction. Not for several threads at once."""

    @property
    def info(self) -> BackendInfo:
        """What translates."""
        ...

    @property
    def usage(self) -> Usage:
        """What was spent so far."""
        ...

    def translate(self, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer per request, in order. What fails is an answer, too; nothing is raised for one request.

        Raises:
            SettingsError: the engine is not there at all: no such program, no such folder, a server that never answered.
        """
        ...

    def close(self) -> None:
        """End processes and connections."""
        ...

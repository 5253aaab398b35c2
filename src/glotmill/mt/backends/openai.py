"""The backend that asks a server with the chat interface of OpenAI, as vLLM, SGLang, llama.cpp and many others offer it.

What a server says about being busy counts: `Retry-After` (RFC 9110, 10.2.3) is waited for, everything else that may pass is
retried at growing intervals without chance, since chance would be one more thing that differs between runs.
"""

import asyncio
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Answer, BackendInfo, Request, Usage, failed
from glotmill.mt.engines import Engine
from glotmill.text.tags import describe

KEY_VARIABLE: Final = "OPENAI_API_KEY"  # the name that clients of such servers agree on
_PASSING: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LONGEST_WAIT: Final = 60.0  # seconds, whatever a server asks for
_MOST_TOKENS: Final = 1 << 30  # of one request or answer, as a server counts; more is no count
_LARGEST: Final = 4 << 20  # bytes of one response
_FIELD = re.compile(r"\{(source|target|text|context)\}")
_ERRORS = (aiohttp.ClientError, OSError, asyncio.TimeoutError)


class OpenAIBackend:
    """Asks a server, several requests at a time; answers come back in the order of the requests.

    Args:
        info: of the engine.
        engine: its prompt, limits and decoding.
        source: tag of the language to translate from.
        target: tag of the language to translate into.
        address: of the server, up to and with `/v1`.
    """

    def __init__(self, info: BackendInfo, engine: Engine, source: str, target: str, *, address: str) -> None:
        if not address.startswith(("http://", "https://")):
            raise SettingsError(f"{address} is no address of a server: write http://HOST:PORT/v1")
        if "{text}" not in (engine.prompt or ""):
            raise SettingsError(f"the prompt of {info.model} has no {{text}}: say where the segment stands in it")
        self.info, self.usage = info, Usage()
        self._engine, self._prompt = engine, engine.prompt or ""
        self._url = f"{address.rstrip('/')}/chat/completions"
        self._languages = {"source": _name(engine, source), "target": _name(engine, target)}
        self._answered = False

    def translate(self, requests: Sequence[Request]) -> list[Answer]:
        try:
            return asyncio.run(self._all(requests))
        except ExceptionGroup as group:  # of tasks that all met the same wrong server
            wrong = group.subgroup(SettingsError)
            if wrong is None:
                raise
            raise SettingsError(str(wrong.exceptions[0])) from group

    def close(self) -> None:
        """Hold nothing: connections last as long as a batch."""

    async def _all(self, requests: Sequence[Request]) -> list[Answer]:
        key = os.environ.get(KEY_VARIABLE)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        room = asyncio.Semaphore(self._engine.concurrency)
        timeout = aiohttp.ClientTimeout(total=self._engine.seconds)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout, raise_for_status=False) as session:

            async def one(request: Request) -> Answer:
                async with room:
                    return await self._ask(session, request)

            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(request)) for request in requests]
        answers = [task.result() for task in tasks]
        self.usage.requests += len(requests)
        self.usage.tokens_in += sum(answer.tokens_in for answer in answers)
        self.usage.tokens_out += sum(answer.tokens_out for answer in answers)
        return answers

    async def _ask(self, session: aiohttp.ClientSession, request: Request) -> Answer:
        body = self._body(request)
        problem = ""
        for attempt in range(self._engine.retries + 1):
            wait = min(0.5 * 2**attempt, _LONGEST_WAIT)
            try:
                async with session.post(self._url, json=body, allow_redirects=False) as response:
                    said = await response.content.read(_LARGEST + 1)
                    while not response.content.at_eof() and len(said) <= _LARGEST:
                        said += await response.content.read(_LARGEST + 1 - len(said))
                if response.status in _PASSING:
                    problem, wait = f"status {response.status}", _retry_after(response.headers, wait)
                elif response.status != 200:
                    return self._refused(response.status, said)
                else:
                    answer = _answer(said)
                    if answer is not None:
                        self._answered = True
                        return answer
                    problem = "an answer that is cut off or no JSON"
            except _ERRORS as error:
                problem = f"{type(error).__name__}: {error}".rstrip(": ")
            self.usage.note(problem.partition(":")[0])
            if attempt < self._engine.retries:
                self.usage.retries += 1
                await asyncio.sleep(wait)
        if not self._answered and "Connect" in problem:
            raise SettingsError(f"no server answers at {self._url}: {problem}")
        return failed(f"{problem}, {self._engine.retries + 1} times")

    def _body(self, request: Request) -> dict[str, object]:
        words = {**self._languages, "text": request.text, "context": "\n".join(request.context)}
        # In one pass, so that braces in the text are not filled in, too.
        content = _FIELD.sub(lambda match: words[match[1]], self._prompt)
        return {
            "model": self.info.model,
            "messages": [{"role": "user", "content": content}],
            "temperature": self._engine.temperature,
            "max_tokens": self._engine.max_tokens,
            "seed": 0,
            "stream": False,
            **({"logprobs": True} if self._engine.logprobs else {}),
        }

    def _refused(self, status: int, said: bytes) -> Answer:
        words = " ".join(said[:300].decode("utf-8", "replace").split())
        if status in (401, 403):
            raise SettingsError(f"{self._url} refuses the key in {KEY_VARIABLE}: {status} {words}")
        if status == 404 or 300 <= status < 400:
            raise SettingsError(f"{self._url} has no model {self.info.model!r}, or is no such server: {status} {words}")
        self._answered = True
        self.usage.note(f"status {status}")
        return failed(f"status {status}: {words}", lasting=True)


def _name(engine: Engine, tag: str) -> str:
    return engine.codes.get(tag, describe(tag).name)


def _retry_after(headers: Mapping[str, str], otherwise: float) -> float:
    given = headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, TypeError, OverflowError):
        return otherwise
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((aware - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_WAIT)


def _answer(said: bytes) -> Answer | None:
    """Return what a response says; None where it cannot be read, as when it was cut off."""
    try:
        value = json.loads(said)
        choice = value["choices"][0]
        message = choice["message"]
        text, reason = message.get("content"), choice.get("finish_reason")
        used = value.get("usage") or {}
        cost = _tokens(used.get("prompt_tokens")), _tokens(used.get("completion_tokens"))
        logprob = _mean_logprob(choice.get("logprobs"))
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None
    if text is not None and not isinstance(text, str):
        return None
    written = (text or "").strip()
    if message.get("refusal") or reason == "content_filter":
        why = str(message.get("refusal") or reason)
        return Answer(written, "refused", why[:300], logprob, *cost)
    if reason == "length":
        return Answer(written, "length", "cut off at the most tokens of an answer", logprob, *cost)
    if not written:
        return Answer("", "error", "an empty answer", logprob, *cost)
    if len(written.splitlines()) > 1:
        return Answer("", "error", f"an answer of {len(written.splitlines())} lines", logprob, *cost)
    return Answer(written, "stop", "", logprob, *cost)


def _tokens(said: object) -> int:
    """Return what a server counted; 0 where that is no number of tokens."""
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= _MOST_TOKENS else 0


def _mean_logprob(found: Any) -> float | None:
    """Return the mean; None where the server tells none, or what is no finite number."""
    tokens = (found or {}).get("content") or []
    values = [float(token["logprob"]) for token in tokens]
    mean = sum(values) / len(values) if values else math.nan
    return round(mean, 4) if math.isfinite(mean) else None

"""The backend that asks a server: a real one on loopback, which is busy, slow, broken, out of order, and refuses."""

import asyncio
from typing import Any

import pytest

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Request
from glotmill.mt.backends.openai import KEY_VARIABLE, OpenAIBackend
from glotmill.mt.backends.opening import info_of
from glotmill.mt.engines import Engine
from support.chat_server import Behave, chat_server

PROMPT = "Translate from {source} into {target}.\n{context}\n>>>{text}"


def engine(**changes: Any) -> Engine:
    return Engine.model_validate(
        {
            "kind": "openai",
            "model": "itzultzaile-7b",
            "revision": "1",
            "license": "Apache-2.0",
            "output_terms": "free",
            "evidence": "The test says so.",
            "deterministic": False,
            "prompt": PROMPT,
            "seconds": 5,
            "retries": 2,
            **changes,
        }
    )


def asked(behave: Behave, texts: list[str], **changes: Any):
    with chat_server(behave) as server:
        chosen = engine(**changes)
        backend = OpenAIBackend(info_of(chosen), chosen, "eus_Latn", "tha_Thai", address=server.address)
        return backend.translate([Request(text, ("lehenago",)) for text in texts]), backend, server


def text_of(content: str) -> str:
    return content.partition(">>>")[2]


def test_answers_keep_the_order_of_the_requests_and_never_more_are_under_way_than_allowed(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "sekretua")

    def behave(content: str, _: int):
        number = int(text_of(content))
        return {"text": f"คำที่ {number}", "delay": 0.03 * (number % 3), "logprobs": [-0.5, -0.25]}

    answers, backend, server = asked(behave, [str(number) for number in range(20)], concurrency=3, logprobs=True)
    assert [answer.text for answer in answers] == [f"คำที่ {number}" for number in range(20)]
    assert {(answer.finish, answer.avg_logprob) for answer in answers} == {("stop", -0.375)}
    assert server.most == 3
    assert set(server.keys) == {"Bearer sekretua"}
    assert backend.usage.tokens_out == 40
    assert backend.usage.tokens_in == sum(answer.tokens_in for answer in answers) > 0


def test_the_prompt_is_filled_once_and_decoding_is_stated():
    _, _, server = asked(lambda *_: {"text": "ok"}, ["{target} eta {text}"])
    [body] = server.bodies
    assert body["messages"] == [
        {"role": "user", "content": "Translate from Basque into Thai.\nlehenago\n>>>{target} eta {text}"}
    ]
    assert (body["model"], body["temperature"], body["max_tokens"], body["seed"]) == ("itzultzaile-7b", 0.0, 2048, 0)
    assert "logprobs" not in body


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 503, "headers": {"Retry-After": "Fri, 01 Jan 2021 00:00:00 GMT"}},
        {"status": 500},
        {"drop": True},
        {"body": b'{"choices": [{"message": {"content": "moz'},
        {"body": b"[" * 100_000},
        {"body": b'{"choices": []}'},
        {"delay": 2},
    ],
)
def test_trouble_that_passes_is_survived(trouble, monkeypatch):
    waits, sleep = [], asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: waits.append(seconds) or sleep(seconds))
    seconds = 1 if "delay" in trouble else 30
    answers, backend, _ = asked(lambda _, count: {"text": "ดี"} if count else trouble, ["bat"], seconds=seconds)
    assert [(answer.finish, answer.text) for answer in answers] == [("stop", "ดี")]
    assert backend.usage.retries == 1
    # What a server asks for is waited for, nothing where its date has passed, else half a second at first.
    asks = {429: 1.0, 503: 0.0}.get(trouble.get("status"), 0.5)
    assert {1.0, 0.5} & set(waits) == {asks} - {0.0}


def test_trouble_that_stays_is_an_answer_and_costs_no_neighbor():
    def behave(content: str, _: int):
        return {"status": 500} if text_of(content) == "bi" else {"text": text_of(content)}

    answers, _, server = asked(behave, ["bat", "bi", "hiru"], retries=1)
    assert [answer.finish for answer in answers] == ["stop", "error", "stop"]
    assert answers[1].detail == "status 500, 2 times"
    assert not answers[1].lasting
    assert len(server.bodies) == 4


@pytest.mark.parametrize(
    ("doing", "finish", "detail"),
    [
        ({"text": "ครึ่ง", "reason": "length"}, "length", "cut off at the most tokens of an answer"),
        ({"text": "", "reason": "content_filter"}, "refused", "content_filter"),
        ({"text": None, "refusal": "I cannot help with that."}, "refused", "I cannot help with that."),
        ({"text": "  "}, "error", "an empty answer"),
        ({"text": "ดี\n\nNote: literal."}, "error", "an answer of 3 lines"),
        ({"status": 400, "body": b"too long"}, "error", "status 400: too long"),
    ],
)
def test_what_is_no_translation_is_called_what_it_is(doing, finish, detail):
    [answer], _, server = asked(lambda *_: doing, ["bat"])
    assert (answer.finish, answer.detail, answer.lasting) == (finish, detail, True)
    assert len(server.bodies) == 1


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the key"), (404, "no model 'itzultzaile-7b'")])
def test_a_server_that_is_the_wrong_one_ends_the_run(status, words):
    with pytest.raises(SettingsError, match=words):
        asked(lambda *_: {"status": status, "body": b"no"}, ["bat", "bi"])


def test_a_server_that_is_not_there_ends_the_run():
    chosen = engine(retries=0)
    backend = OpenAIBackend(info_of(chosen), chosen, "eus_Latn", "tha_Thai", address="http://127.0.0.1:9/v1")
    with pytest.raises(SettingsError, match="no server answers"):
        backend.translate([Request("bat")])


@pytest.mark.parametrize("said", ["1e400", "-5", "9" * 30, "true", '"many"', "NaN", "[1]"])
def test_counts_and_chances_that_are_none_are_left_out(said):
    body = (
        '{"choices": [{"message": {"content": "ดี"}, "finish_reason": "stop", "logprobs": {"content": [{"logprob": NaN}]}}],'
        f' "usage": {{"prompt_tokens": {said}, "completion_tokens": 3}}}}'
    )
    [answer], _, _ = asked(lambda *_: {"status": 200, "body": body.encode()}, ["bat"])
    assert (answer.text, answer.tokens_in, answer.tokens_out, answer.avg_logprob) == ("ดี", 0, 3, None)

"""What each way of speaking about training comes to, with its raw value and its place."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.core.errors import RecipeError
from glotmill.licensing.agents import AGENTS_FILE, load_agents
from glotmill.licensing.consent import after_fetch, before_fetch, consent_of, read_consent
from glotmill.licensing.signals import (
    RefusedAgent,
    Signal,
    SiteLine,
    at,
    from_headers,
    from_page,
    from_robots,
    merged,
    preferences,
)
from glotmill.licensing.tdmrep import MAX_RULES, parse_tdmrep


def said(signals):
    return [(one.use, one.verdict, one.signal) for one in signals]


@pytest.mark.parametrize(
    ("value", "uses"),
    [
        ("train-ai=n", {"train-ai": "denied"}),
        ("train-ai=y, search=n", {"train-ai": "allowed", "search": "denied"}),
        ("ai-use=n", {"ai-input": "denied"}),
        ("search=yes, ai-input=yes, ai-train=no", {"search": "allowed", "ai-input": "allowed", "train-ai": "denied"}),
        ("search=yes; ai-train=no", {"search": "allowed", "train-ai": "denied"}),
        ("Train-AI = N", {"train-ai": "denied"}),
        ('train-ai="n"', {"train-ai": "denied"}),
        ("train-ai;allow=n, train-ai=y", {"train-ai": "allowed"}),
        ("train-ai=y, train-ai=n", {"train-ai": "denied"}),
        ("train-ai=n, train-ai=y", {"train-ai": "denied"}),
        ("bots=n", {"train-ai": "denied", "ai-input": "denied", "search": "denied"}),
        ("bots=y, all=y, ai=y, tdm=y", {}),
        ("tdm=n", {"train-ai": "denied"}),
        ("train-ai", {}),
        ("train-ai=maybe", {}),
        ("not-train-ai=n", {}),
        ("search=yes ai-train=no", {"search": "allowed", "train-ai": "denied"}),
        ("", {}),
        ("=,;=;,", {}),
    ],
)
def test_preferences_are_those_of_both_vocabularies(value, uses):
    signals = list(preferences(value, "content-usage", "x"))
    verdicts = {use: merged(signals, use)[0] for use in ("train-ai", "ai-input", "search")}
    assert {use: verdict for use, verdict in verdicts.items() if verdict != "unknown"} == uses


@pytest.mark.parametrize(
    ("headers", "signals"),
    [
        ({"x-robots-tag": "otherbot: noindex, noai"}, [("train-ai", "denied", "noai")]),
        ({"x-robots-tag": "googlebot: nofollow, unavailable_after: 25 Jun 2027 15:00:00 PST"}, []),
        ({"x-robots-tag": "noimageai"}, [("train-ai", "recorded", "noimageai")]),
        ({"tdm-reservation": "1", "tdm-policy": "https://a.test/p.json"}, [("train-ai", "denied", "tdmrep")]),
        ({"tdm-reservation": "0"}, [("train-ai", "allowed", "tdmrep")]),
        ({"tdm-reservation": "0, 1"}, [("train-ai", "denied", "tdmrep")]),
        ({"tdm-reservation": "2"}, []),
        ({"tdm-policy": "https://a.test/p.json"}, [("train-ai", "recorded", "tdmrep")]),
        (
            {"link": '</a.css>; rel=preload, </l.xml>; rel="license"; type="application/rsl+xml"'},
            [("train-ai", "recorded", "rsl"), ("ai-input", "recorded", "rsl"), ("search", "recorded", "rsl")],
        ),
        ({"link": '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'}, []),
        ({"link": '</l.xml>; rel="alternate"; type="application/rsl+xml"'}, []),
        ({}, []),
    ],
)
def test_headers_say_what_they_say(headers, signals):
    assert said(from_headers(headers)) == signals


@pytest.mark.parametrize(
    ("html", "signals"),
    [
        ('<meta name="GPTBot" content="noindex,noai">', [("train-ai", "denied", "noai")]),
        ('<meta name="glotmill" content="noai">', [("train-ai", "denied", "noai")]),
        ('<meta name="keywords" content="noai">', []),
        ('<meta name="robots" content="noimageai">', [("train-ai", "recorded", "noimageai")]),
        ('<meta name="tdm-policy" content="/p"><meta name="tdm-reservation" content="1">', [("train-ai", "denied", "tdmrep")]),
        ('<meta name="tdm-policy" content="/p">', [("train-ai", "recorded", "tdmrep")]),
        ('<link rel="license" type="application/rsl+xml" href="/l.xml">',
         [("train-ai", "recorded", "rsl"), ("ai-input", "recorded", "rsl"), ("search", "recorded", "rsl")]),
        ("<p>เราไม่อนุญาต: noai, application/rsl+xml, tdm-reservation=1</p>", []),
        ('<meta http-equiv="Content-Signal" content="ai-input=no">', [("ai-input", "denied", "content-signal")]),
    ],
)  # fmt: skip
def test_pages_say_what_they_say(html, signals):
    assert said(from_page(html)) == signals


def test_license_terms_are_recorded_and_allow_nothing():
    headers = {"link": '<https://a.test/free.xml>; rel=license; type="application/rsl+xml"'}
    assert read_consent(None, headers).verdict == "unknown"
    assert [one.raw for one in from_headers(headers)] == ["https://a.test/free.xml"] * 3


def test_robots_lines_speak_with_their_number_and_welcomes_to_others_do_not_count():
    lines = [
        SiteLine("content-signal", "search=yes, ai-train=no", 3),
        SiteLine("content-usage", "train-ai=y, search=n", 9, "GPTBot"),
        SiteLine("license", "https://a.test/l.xml", 1),
    ]
    signals = list(from_robots(lines, []))
    assert [(one.use, one.verdict, one.locus) for one in signals[:3]] == [
        ("search", "allowed", "robots.txt line 3"),
        ("train-ai", "denied", "robots.txt line 3"),
        ("search", "denied", "robots.txt line 9 for GPTBot"),
    ]
    assert {one.verdict for one in signals[3:]} == {"recorded"}


def test_agents_kept_out_make_one_row():
    refused = [RefusedAgent("ClaudeBot", 5), RefusedAgent("GPTBot", 2)]
    (signal,) = from_robots([], refused)
    assert (signal.use, signal.verdict, signal.raw) == ("train-ai", "denied", "GPTBot, ClaudeBot")
    assert signal.locus == "robots.txt line 2, 5"
    (signal,) = from_robots([], [RefusedAgent(f"Bot{number}", number) for number in range(500)])
    assert len(signal.raw) == 500
    assert signal.locus.endswith(", 9 ...")


def test_row_has_use_verdict_signal_raw_locus_url_and_time():
    time = datetime(2026, 11, 27, 12, tzinfo=UTC)
    (signal,) = at(from_headers({"content-usage": "train-ai=n"}), "https://a.test/市场", time)
    assert signal.row() == {
        "use": "train-ai",
        "verdict": "denied",
        "signal": "content-usage",
        "raw": "train-ai=n",
        "locus": "header content-usage",
        "url": "https://a.test/市场",
        "time": "2026-11-27T12:00:00+00:00",
    }


def test_denial_wins_wherever_it_stands_and_silence_is_unknown():
    yes, no = Signal("train-ai", "allowed", "x", "", ""), Signal("train-ai", "denied", "x", "", "")
    recorded = Signal("train-ai", "recorded", "x", "", "")
    assert merged([yes, no], "train-ai") == merged([no, yes], "train-ai") == ("denied", no)
    assert merged([recorded, yes], "train-ai") == ("allowed", yes)
    assert merged([recorded], "train-ai") == merged([], "train-ai") == ("unknown", None)
    assert merged([no], "search") == ("unknown", None)


TDM = [
    {"location": "/irekia/*.jpg$", "tdm-reservation": 0},
    {"location": "/liburuak/", "tdm-reservation": "1", "tdm-policy": "https://a.test/p.json"},
    {"location": "/सूची", "tdm-reservation": 1},
    {"location": "/oker", "tdm-reservation": 2},
    {"location": "/", "tdm-reservation": 0},
    {"location": "/itxia/", "tdm-reservation": True},
    {"where": "/"},
]


@pytest.mark.parametrize(
    ("path", "verdict", "location"),
    [
        ("/irekia/a.jpg", "allowed", "/irekia/*.jpg$"),
        ("/irekia/a.jpg?b", "allowed", "/"),
        ("/liburuak/1", "denied", "/liburuak/"),
        ("/%E0%A4%B8%E0%A5%82%E0%A4%9A%E0%A5%80/1", "denied", "/सूची"),
        ("/itxia/1", "denied", "/itxia/"),
        ("/Liburuak/1", "allowed", "/"),
        ("/oker", None, None),
    ],
)
def test_tdmrep_locations_reserve_their_paths(path, verdict, location):
    rules = parse_tdmrep(b"\xef\xbb\xbf" + json.dumps(TDM).encode())
    assert rules.problem == "1 entries without location"
    signals = rules.signals(f"https://a.test{path}")
    assert [(one.verdict, one.locus) for one in signals] == (
        [(verdict, f"tdmrep.json location {location}")] if verdict else []
    )


def test_tdmrep_policy_is_written_down():
    (signal,) = parse_tdmrep(json.dumps(TDM).encode()).signals("https://a.test/liburuak/")
    assert signal.raw == "tdm-reservation=1 tdm-policy=https://a.test/p.json"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>", "not JSON"),
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"null", "without location"),
        (b'"x"', "without location"),
        (b"[" + b" " * 600_000 + b"]", "more than 512000 bytes"),
        (json.dumps([{"location": "/", "tdm-reservation": 1}] * (MAX_RULES + 1)).encode(), "more than 5000 entries"),
        (b"[]", ""),
    ],
)
def test_tdmrep_of_the_wrong_shape_says_why(body, problem):
    assert problem in parse_tdmrep(body).problem


def test_single_entry_without_list_is_taken_as_meant():
    assert said(parse_tdmrep(b'{"location": "/", "tdm-reservation": 1}').signals("https://a.test/")) == [
        ("train-ai", "denied", "tdmrep")
    ]


@given(st.one_of(st.binary(max_size=50), st.builds(lambda value: json.dumps(value).encode(), st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(
        st.sampled_from(["location", "tdm-reservation", "tdm-policy"]), inner, max_size=3)), max_leaves=8))),
    st.text(max_size=10))  # fmt: skip
def test_any_tdmrep_and_any_url_give_an_answer(body, url):
    for signal in parse_tdmrep(body).signals(url):
        assert signal.verdict in ("denied", "allowed", "recorded")


@given(st.dictionaries(
    st.sampled_from(["x-robots-tag", "tdm-reservation", "tdm-policy", "content-usage", "content-signal", "link"]),
    st.text(max_size=40)), st.text(max_size=60))  # fmt: skip
def test_any_header_and_page_give_an_answer(headers, text):
    html = f'<meta name="tdm-reservation" content="{text}"><meta name="robots" content="{text}">'
    assert read_consent(html, headers).verdict in ("denied", "allowed", "unknown")


DENIED = (Signal("train-ai", "denied", "content-usage", "train-ai=n", "robots.txt line 2"),)
ALLOWED = (Signal("train-ai", "allowed", "content-usage", "train-ai=y", "header content-usage"),)


@pytest.mark.parametrize(
    ("policy", "known", "action", "reason"),
    [
        ("strictest", DENIED, "skip", "consent.denied"),
        ("strictest", ALLOWED, "fetch", "consent.not_denied"),
        ("strictest", (), "fetch", "consent.not_denied"),
        ("as-of-fetch", DENIED, "fetch", "consent.asked_at_fetch"),
        ("record-only", DENIED, "fetch", "consent.recorded_only"),
    ],
)
def test_before_a_fetch_only_the_strictest_policy_stays_away(policy, known, action, reason):
    act = before_fetch(policy, known)
    assert (act.action, act.reason) == (action, reason)


@pytest.mark.parametrize(
    ("policy", "fetched", "other", "action", "reason"),
    [
        ("strictest", DENIED, (), "skip", "consent.denied"),
        ("strictest", ALLOWED, DENIED, "skip", "consent.denied"),
        ("strictest", (), (), "keep", "consent.not_denied"),
        ("as-of-fetch", DENIED, ALLOWED, "skip", "consent.denied"),
        ("as-of-fetch", ALLOWED, DENIED, "keep", "consent.not_denied"),
        ("record-only", DENIED, DENIED, "keep", "consent.recorded_only"),
    ],
)
def test_after_a_fetch_denied_pages_are_kept_by_none_but_the_recorder(policy, fetched, other, action, reason):
    act = after_fetch(policy, fetched, other)
    assert (act.action, act.reason) == (action, reason)


def test_act_says_what_was_said_and_where():
    assert before_fetch("strictest", DENIED).detail == "train-ai denied by robots.txt line 2: train-ai=n"
    assert consent_of(DENIED).column() == "train-ai=denied by content-usage"


@pytest.fixture(scope="module")
def agents(root):
    return load_agents((root / AGENTS_FILE).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "trains"),
    [("gptbot", True), ("claudebot", True), ("google-extended", True), ("ccbot", True), ("bytespider", True),
     ("chatgpt-user", False), ("oai-searchbot", False), ("perplexitybot", False), ("cursor", False), ("scrapy", False)],
)  # fmt: skip
def test_agents_that_train_are_told_from_those_that_search_and_answer(agents, name, trains):
    assert (name in agents.training) is trains
    assert name in agents.functions


@pytest.mark.real
def test_every_agent_of_the_published_list_has_a_function(root, agents):
    listed = root.parent / "shared" / "data" / "ai_robots.json"
    if not listed.is_file():
        pytest.skip(f"no {listed}")
    names = {name.partition("/")[0].strip().casefold() for name in json.loads(listed.read_text(encoding="utf-8"))}
    assert names == set(agents.functions)


def test_agent_that_stands_twice_is_refused():
    text = "source: x\nlicense: MIT\ncopyright: x\nagents:\n  - {name: GPTBot, function: training}\n  - {name: gptbot, function: search}\n"
    with pytest.raises(RecipeError, match="stands twice"):
        load_agents(text)
    with pytest.raises(RecipeError, match="training"):
        load_agents(text.replace("search", "trainin"))

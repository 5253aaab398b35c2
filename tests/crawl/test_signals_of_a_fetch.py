"""One fetch, all that was said about the use of its page: robots.txt, tdmrep.json, headers, elements."""

import pytest
from answers import STARTED, answered, failed

from glotmill.crawl.robots_cache import LIFE, Entry, RobotsCache
from glotmill.crawl.signals import page_signals, site_signals
from glotmill.crawl.tdm_cache import TdmCache
from glotmill.licensing.agents import AGENTS_FILE, load_agents
from glotmill.licensing.consent import after_fetch, before_fetch

PAGE = "https://a.test/ตลาด/1"
WELL_KNOWN = "https://a.test/.well-known/tdmrep.json"
NOW = STARTED.timestamp()


@pytest.fixture(scope="module")
def agents(root):
    return load_agents((root / AGENTS_FILE).read_text(encoding="utf-8"))


def site(robots=None, tdm=None):
    rules, reserved = RobotsCache(), TdmCache()
    if robots is not None:
        rules.take(PAGE, answered(200, robots.encode()), NOW)
    if tdm is not None:
        reserved.take(PAGE, answered(200, tdm.encode(), url=WELL_KNOWN), NOW)
    return rules, reserved


def said(signals):
    return [(one.use, one.verdict, one.signal, one.locus) for one in signals]


def test_site_that_keeps_trainers_out_is_not_fetched_by_the_strictest(agents):
    robots = (
        "User-agent: *\nAllow: /\n\nUser-agent: GPTBot\nUser-agent: CCBot\nUser-agent: ChatGPT-User\nDisallow: /ตลาด/\n"
    )
    signals = site_signals(PAGE, *site(robots), agents)
    assert said(signals) == [("train-ai", "denied", "ai-agents", "robots.txt line 4, 5")]
    assert signals[0].raw == "GPTBot, CCBot"
    assert (signals[0].url, signals[0].time) == ("https://a.test/robots.txt", STARTED)
    assert before_fetch("strictest", signals).detail == "train-ai denied by robots.txt line 4, 5: GPTBot, CCBot"
    assert site_signals("https://a.test/beste", *site(robots), agents) == ()


def test_site_closed_to_everybody_but_us_has_not_spoken_of_training(agents):
    robots = "User-agent: *\nDisallow: /\n\nUser-agent: Glotmill\nAllow: /\n"
    assert site_signals(PAGE, *site(robots), agents) == ()


def test_content_signals_of_a_managed_robots_txt_are_read(agents):
    robots = (
        "# Cloudflare Managed Content\nUser-Agent: *\nContent-signal: search=yes,ai-train=no\nAllow: /\n\n"
        "User-agent: Amazonbot\nDisallow: /\n\nUser-agent: ClaudeBot\nDisallow: /\n"
    )
    assert said(site_signals(PAGE, *site(robots), agents)) == [
        ("train-ai", "denied", "ai-agents", "robots.txt line 9"),
        ("search", "allowed", "content-signal", "robots.txt line 3"),
        ("train-ai", "denied", "content-signal", "robots.txt line 3"),
    ]


def test_what_a_trainer_was_told_counts_as_a_refusal_only(agents):
    robots = "User-agent: GPTBot\nContent-Usage: train-ai=n, search=y\n\nUser-agent: CCBot\nContent-Usage: train-ai=y\n"
    assert said(site_signals(PAGE, *site(robots), agents)) == [
        ("train-ai", "denied", "content-usage", "robots.txt line 2 for GPTBot")
    ]


def test_license_terms_in_robots_txt_allow_nothing(agents):
    signals = site_signals(PAGE, *site("License: https://a.test/free.xml\n"), agents)
    assert {one.verdict for one in signals} == {"recorded"}
    assert after_fetch("strictest", signals).reason == "consent.not_denied"


def test_reservation_file_speaks_for_its_paths(agents):
    tdm = '[{"location": "/ตลาด/", "tdm-reservation": 1, "tdm-policy": "https://a.test/p"}]'
    (signal,) = site_signals(PAGE, *site(tdm=tdm), agents)
    assert (signal.verdict, signal.url, signal.time) == ("denied", WELL_KNOWN, STARTED)
    assert site_signals("https://a.test/beste", *site(tdm=tdm), agents) == ()


def test_page_speaks_by_headers_and_elements():
    response = answered(200, url=PAGE, content_usage="train-ai=y", tdm_reservation="1")
    signals = page_signals(response, '<meta name="robots" content="noai">')
    assert said(signals) == [
        ("train-ai", "denied", "tdmrep", "header tdm-reservation"),
        ("train-ai", "allowed", "content-usage", "header content-usage"),
        ("train-ai", "denied", "noai", "meta robots: noai"),
    ]
    assert {(one.url, one.time) for one in signals} == {(PAGE, STARTED)}
    assert page_signals(response, None) == signals[:2]


def test_reservation_file_is_asked_for_once_a_day_and_its_failure_closes_nothing(agents):
    tdm = TdmCache()
    assert tdm.needs(PAGE, NOW) == WELL_KNOWN
    tdm.take(PAGE, answered(404, url=WELL_KNOWN), NOW)
    assert (tdm.needs(PAGE, NOW + LIFE - 1), tdm.needs(PAGE, NOW + LIFE)) == (None, WELL_KNOWN)
    assert tdm.rules(PAGE) is None
    entry = tdm.take(PAGE, failed(url=WELL_KNOWN), NOW + LIFE)
    assert entry.until == NOW + LIFE + 300
    assert site_signals(PAGE, RobotsCache(), tdm, agents) == ()


def test_reservation_file_is_known_again_from_its_row_and_follows_redirects():
    tdm = TdmCache()
    tdm.take(PAGE, answered(302, url=WELL_KNOWN, location="/tdm.json"), NOW)
    again = TdmCache([Entry.from_row(tdm.entry(PAGE).to_row())])
    assert again.needs(PAGE, NOW) == "https://a.test/tdm.json"
    entry = again.take(PAGE, answered(200, b'[{"location": "/", "tdm-reservation": 1}]'), NOW)
    assert len(again.rules(PAGE).rules) == 1
    again.forget(PAGE)
    assert again.rules(PAGE) is None
    again.restore(entry)
    assert len(again.rules(PAGE).rules) == 1
    assert again.needs("mailto:a@b.test", NOW) is None
    with pytest.raises(ValueError, match="mailto"):
        again.take("mailto:a@b.test", failed(), NOW)


def test_a_server_that_fails_takes_back_no_reservation():
    tdm = TdmCache()
    tdm.take(PAGE, answered(200, b'[{"location": "/", "tdm-reservation": 1}]', url=WELL_KNOWN), NOW)
    for moment, answer in ((NOW + LIFE, answered(503, url=WELL_KNOWN)), (NOW + 2 * LIFE, failed(url=WELL_KNOWN))):
        tdm.take(PAGE, answer, moment)
        assert len(tdm.rules(PAGE).rules) == 1
    tdm.take(PAGE, answered(404, url=WELL_KNOWN), NOW + 3 * LIFE)
    assert tdm.rules(PAGE) is None

"""The report in a real browser: nothing is asked of any network, keys open what is folded, dark and right-to-left hold."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from glotmill.report.run_page.facts import Options
from glotmill.report.run_page.page import write_report
from support.chromium import CHROMIUM, chromium
from support.corpora import SHORT, Bench, documents

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; apt-get install chromium")

PERMIT = {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "record-only"}
STEPS = [
    PERMIT,
    {"name": "language", "kind": "identify", "identifier": "words", "min_score": 0.0},
    {**SHORT, "characters": 200},
]


async def session(page: Path, folder: Path) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    async with chromium(folder / "profile", folder) as tab:
        await tab.open(page.as_uri())
        seen["title"] = await tab.evaluate("document.title")
        await tab.send("Input.dispatchKeyEvent", type="keyDown", key="Tab", windowsVirtualKeyCode=9)
        seen["first"] = await tab.evaluate("document.activeElement.textContent")
        await tab.evaluate("document.querySelector('#funnel details > summary').focus()")
        for kind in ("rawKeyDown", "char", "keyUp"):
            await tab.send("Input.dispatchKeyEvent", type=kind, key="Enter", text="\r", windowsVirtualKeyCode=13)
        seen["open"] = await tab.evaluate("document.querySelector('#funnel details').open")
        seen["rows"] = await tab.evaluate("document.querySelectorAll('#funnel details[open] tbody tr').length")
        seen["text"] = await tab.evaluate(
            "[...document.querySelectorAll('.text')].map(t => [t.lang, getComputedStyle(t).direction, t.textContent])"
        )
        for scheme in ("light", "dark"):
            await tab.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            seen[scheme] = await tab.evaluate(
                "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
            )
        await tab.send("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
        await tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        seen["narrow"] = await tab.evaluate("document.documentElement.scrollWidth")
        seen["requests"] = [
            one["params"]["request"]["url"] for one in tab.events if one.get("method") == "Network.requestWillBeSent"
        ]
        seen["errors"] = [
            one for one in tab.events if one.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")
        ]
    return seen


def test_a_report_opens_without_a_network_by_keyboard_in_the_dark_and_from_the_right(tmp_path: Path) -> None:
    rows = documents(30)
    hostile = "<script>document.title=1</script><img src=//evil.example/x onerror=alert(1)>"
    rows += [
        {
            "text": f"{hostile} افتتحت المكتبة أبوابها للأطفال بعد الظهر وعاد الصيادون إلى بيوتهم قبل المطر",
            "url": "https://stories.example/ar",
        }
    ]
    bench = Bench(tmp_path, rows, STEPS)
    bench.write_recipe(STEPS, languages=["eus_Latn", "arb_Arab"])
    page = Path(write_report(bench.run(), Options()))
    seen = asyncio.run(session(page, tmp_path))
    assert seen["title"] == "Run of tiny 1.0.0"
    assert seen["first"] == "To the content"
    assert seen["open"] is True
    assert seen["rows"] >= len(STEPS) + 1
    arabic = [(lang, direction) for lang, direction, text in seen["text"] if "المكتبة" in text]
    assert ("ar", "rtl") in arabic
    assert any("<script>" in text for _, _, text in seen["text"])
    assert [url.rpartition("/")[2] for url in seen["requests"]] == ["report.html"]
    assert seen["errors"] == []
    assert seen["light"] == ["rgb(27, 31, 36)", "rgb(255, 255, 255)"]
    assert seen["dark"] == ["rgb(230, 233, 237)", "rgb(20, 23, 27)"]
    assert seen["narrow"] <= 360

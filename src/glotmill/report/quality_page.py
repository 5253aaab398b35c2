"""The sheet of ratings as one HTML file: offline, one text at a time in its own direction, rated by single keys."""

import json
from collections.abc import Sequence
from html import escape

from glotmill.report.quality_sheet import COLUMNS, Drawn
from glotmill.report.sheet_script import POLICY, SCRIPT
from glotmill.text.scripts import direction
from glotmill.text.tags import bcp47, describe

_STYLE = """
:root { color-scheme: light dark; font-family: system-ui, "Noto Sans", sans-serif; line-height: 1.45 }
body { max-width: 52rem; margin: 0 auto; padding: 0 1rem 8rem }
header { position: sticky; top: 0; background: Canvas; border-bottom: 1px solid GrayText; padding: .5rem 0; z-index: 1 }
progress { width: 100% } #alarm { color: firebrick; font-weight: bold }
article { border: 1px solid GrayText; border-radius: 6px; padding: .5rem 1rem; margin: 1rem 0; border-inline-start-width: 8px }
article[data-rating="good"] { border-inline-start-color: green }
article[data-rating="bad"] { border-inline-start-color: firebrick }
article[data-rating="unsure"] { border-inline-start-color: goldenrod }
h2 { margin: .2rem 0; font-size: 1rem }
.text { font-size: 1.2rem; line-height: 1.8; white-space: pre-wrap; overflow-wrap: anywhere; margin: .6rem 0; text-align: start }
.rest { color: GrayText }
footer { position: fixed; bottom: 0; inset-inline: 0; background: Canvas; border-top: 1px solid GrayText; padding: .6rem }
footer div { max-width: 52rem; margin: 0 auto; display: flex; flex-wrap: wrap; gap: .5rem }
button { font: inherit; padding: .3rem .9rem } button[aria-pressed="true"] { outline: 3px solid Highlight }
textarea { width: 100%; font: inherit } kbd { border: 1px solid GrayText; border-radius: 3px; padding: 0 .3em }
"""

_SCRIPT = """
const articles = [...document.querySelectorAll("article")];
const columns = JSON.parse(document.body.dataset.columns);
const key = "glotmill quality " + document.body.dataset.sheet;
const at = id => document.getElementById(id);
let here = 0;
const rating = a => a.dataset.rating;
const note = a => a.querySelector("textarea");
function refresh() {
  articles.forEach((a, index) => { a.hidden = index !== here; });
  const done = articles.filter(rating).length;
  at("bar").value = done;
  at("done").textContent = `${done} / ${articles.length}`;
  at("place").textContent = `${here + 1}`;
  at("end").hidden = done < articles.length;
  for (const b of document.querySelectorAll("button[data-rate]"))
    b.setAttribute("aria-pressed", String(b.dataset.rate === rating(articles[here])));
}
function keep() {
  const state = { by: at("by").value, on: at("on").value, here,
    said: articles.filter(a => rating(a) || note(a).value).map(a => [a.dataset.doc, rating(a), note(a).value]) };
  at("alarm").hidden = remember(key, state);
}
function restore() {
  const saved = recall(key);
  if (!saved) return;
  at("by").value = saved.by;
  at("on").value = saved.on;
  const said = new Map(saved.said.map(one => [one[0], one]));
  for (const a of articles) {
    const one = said.get(a.dataset.doc);
    if (one) { a.dataset.rating = one[1]; note(a).value = one[2]; }
  }
  here = Math.max(0, Math.min(articles.length - 1, saved.here));
}
function go(to) {
  here = Math.max(0, Math.min(articles.length - 1, to));
  refresh();
  keep();
  window.scrollTo(0, 0);
}
function next() {
  const after = [...articles.keys()].map(step => (here + 1 + step) % articles.length);
  go(after.find(index => !rating(articles[index])) ?? here);
}
function rate(word) { articles[here].dataset.rating = word; next(); }
function undo() { articles[here].dataset.rating = ""; refresh(); keep(); }
function rows() {
  const by = at("by").value.trim(), on = at("on").value;
  return [columns, ...articles.map(a => [document.body.dataset.sheet, a.dataset.number, a.dataset.doc, a.dataset.language,
    rating(a), note(a).value, by, on])];
}
function save() {
  const left = articles.filter(a => !rating(a)).length;
  if (!at("by").value.trim()) { at("by").focus(); at("said").textContent = "Who are you? Fill in your name, then save."; return; }
  saveAs(document.body.dataset.file, rows());
  at("said").textContent = left ? `Saved; ${left} still to rate, then save again.` : "Saved. All are rated: send the file back.";
}
let warned = false;
function anew() {
  const kept = articles.some(a => rating(a) || note(a).value);
  if (kept && !warned) {
    warned = true;
    at("said").textContent = "Saved the ratings of the person before? Press again to forget them.";
    return;
  }
  warned = false;
  for (const a of articles) { a.dataset.rating = ""; note(a).value = ""; }
  at("by").value = "";
  at("said").textContent = "";
  go(0);
}
const acts = { g: () => rate("good"), b: () => rate("bad"), u: () => rate("unsure"), x: undo, j: () => go(here + 1),
  k: () => go(here - 1), ArrowRight: () => go(here + 1), ArrowLeft: () => go(here - 1), n: () => note(articles[here]).focus(), s: save };
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("textarea, input")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (Object.hasOwn(acts, event.key)) { event.preventDefault(); acts[event.key](); }
});
document.addEventListener("input", keep);
for (const b of document.querySelectorAll("button[data-rate]")) b.addEventListener("click", () => { rate(b.dataset.rate); b.blur(); });
at("back").addEventListener("click", () => go(here - 1));
at("save").addEventListener("click", save);
at("anew").addEventListener("click", anew);
restore();
refresh();
keep();
"""
_KEYS = (
    ("g", "good"), ("b", "bad"), ("u", "unsure"), ("x", "take back"), ("j", "next"), ("k", "previous"), ("n", "note"),
    ("Esc", "leave a field"), ("s", "save"),
)  # fmt: skip


def page(rows: Sequence[Drawn], *, sheet: str, file: str, today: str) -> str:
    """Return the sheet as HTML.

    Nothing is loaded from anywhere, and texts stand there as text: they can run nothing and load nothing. Neither score
    nor band nor address is in it, so that people rate what they read.

    Args:
        rows: with texts, in their order.
        sheet: name of the sheet.
        file: name under which the CSV is saved.
        today: day that ratings are given where nobody changes it, `2026-11-27`.
    """
    articles = "\n".join(_article(number, row) for number, row in enumerate(rows, start=1))
    keys = " ".join(f"<kbd>{key}</kbd> {what}" for key, what in _KEYS)
    columns = escape(json.dumps(COLUMNS), quote=True)
    named = escape(sheet, quote=True)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>Quality of {named}</title><style>{_STYLE}</style></head>
<body data-sheet="{named}" data-file="{escape(file, quote=True)}" data-columns="{columns}">
<header><strong>Quality of {named}</strong>: text <output id="place">1</output>, rated <output id="done"></output>
<progress id="bar" max="{len(rows)}" value="0" aria-label="rated"></progress>
<label>Rated by <input type="text" id="by" autocomplete="name"></label>
<label>on <input type="date" id="on" value="{escape(today, quote=True)}"></label>
<button type="button" id="save">Save {escape(file)}</button>
<button type="button" id="anew">Another person</button> <output id="said"></output><br>{keys}
<p id="alarm" hidden>This browser keeps nothing when the page is closed: save before you leave.</p>
<p id="end" hidden>All are rated: save, and send the file back.</p>
<details><summary>What is good?</summary><p>Good: whole sentences that a literate reader of the language would read on, whatever
the subject, the dialect and the opinion. Bad: lists of words, menus, template or machine-made text, broken or machine-translated
language, advertising without content, another language. Unsure: you cannot tell, or it is half of each. Rate by yourself.</p></details>
<noscript>This page needs JavaScript; the CSV beside it can be filled in by a spreadsheet instead.</noscript></header>
<main>
{articles}
</main>
<footer><div><button type="button" id="back">Previous</button><button type="button" data-rate="good">Good</button>
<button type="button" data-rate="bad">Bad</button><button type="button" data-rate="unsure">Unsure</button></div></footer>
<script>{SCRIPT}{_SCRIPT}</script>
</body></html>
"""


def _article(number: int, row: Drawn) -> str:
    code, _, script = row.language.partition("_")
    rest = f'<p class="rest">… {row.rest:,} more characters</p>' if row.rest else ""
    return f"""<article data-number="{number}" data-doc="{escape(row.doc_id, quote=True)}" \
data-language="{escape(row.language, quote=True)}" data-rating="" hidden>
<h2>{number}. {escape(describe(row.language).name or code)} <code>{escape(row.language)}</code></h2>
<div class="text" lang="{escape(bcp47(row.language), quote=True)}" dir="{direction(script)}">{escape(row.text)}</div>{rest}
<label>Note<textarea name="note" rows="1" dir="auto"></textarea></label>
</article>"""

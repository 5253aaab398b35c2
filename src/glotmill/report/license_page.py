"""The sheet as one HTML file: offline, by keyboard, texts in their own direction; it saves the CSV."""

from collections.abc import Mapping, Sequence
from html import escape

from glotmill.licensing.site_decisions import COVERS
from glotmill.report.license_review import Host, Sample
from glotmill.report.license_sheet import COLUMNS
from glotmill.report.sheet_script import POLICY, SCRIPT
from glotmill.text.tags import bcp47

_STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.45 }
body { max-width: 68rem; margin: 0 auto; padding: 0 1rem 60vh }
header { position: sticky; top: 0; background: Canvas; border-bottom: 1px solid GrayText; padding: .5rem 0; z-index: 1 }
section { border: 1px solid GrayText; border-radius: 6px; padding: .5rem 1rem; margin: 1rem 0 }
section:focus-within { outline: 3px solid Highlight }
section[data-verdict="verified"] { border-inline-start: 8px solid green }
section[data-verdict="rejected"] { border-inline-start: 8px solid firebrick }
h2 { margin: .2rem 0; overflow-wrap: anywhere }
table { border-collapse: collapse } td, th { padding: .1rem .6rem; text-align: start; border-bottom: 1px solid GrayText }
td.n { text-align: end }
article { margin: .6rem 0; padding-inline-start: .8rem; border-inline-start: 2px solid GrayText; overflow-wrap: anywhere }
blockquote { margin: .3rem 0; white-space: pre-wrap } code { font-size: .9em }
fieldset { border: 0; padding: .4rem 0 } label { margin-inline-end: 1rem } textarea { width: 100% }
kbd { border: 1px solid GrayText; border-radius: 3px; padding: 0 .3em }
"""

_SCRIPT = """
const sections = [...document.querySelectorAll("section")];
const columns = JSON.parse(document.body.dataset.columns);
const key = "glotmill review " + document.body.dataset.run;
let here = 0;
const verdict = s => s.querySelector("input[type=radio]:checked").value;
const field = (s, name) => s.querySelector(`[name="${name}"]`);
function refresh() {
  for (const s of sections) s.dataset.verdict = verdict(s);
  const done = sections.filter(s => verdict(s)).length;
  document.getElementById("done").textContent = `${done} / ${sections.length}`;
}
const changedHere = s => [...s.querySelectorAll("input, textarea")].some(f => f.type === "radio" ? f.checked !== f.defaultChecked
    : f.value !== f.defaultValue) || [...s.querySelectorAll("option")].some(o => o.selected !== o.defaultSelected);
function row(s) {
  const decided = verdict(s) !== "", mine = changedHere(s);
  const typed = { verdict: verdict(s), license: field(s, "license").value, covers: field(s, "covers").value,
    note: field(s, "note").value, decided_by: decided ? mine && document.getElementById("by").value || s.dataset.decided_by : "",
    decided_on: decided ? mine && document.getElementById("on").value || s.dataset.decided_on : "" };
  return columns.map(name => name in typed ? typed[name] : s.dataset[name]);
}
function save() { saveAs(document.body.dataset.file, [columns, ...sections.map(row)]); }
function keep() {
  const state = sections.map(s => [s.dataset.host, verdict(s), ...["license", "covers", "note"].map(n => field(s, n).value)]);
  remember(key, [document.getElementById("by").value, state]);
}
function restore() {
  const saved = recall(key);
  if (!saved) return;
  document.getElementById("by").value = saved[0];
  const states = new Map(saved[1].map(state => [state[0], state]));
  for (const s of sections) {
    const state = states.get(s.dataset.host);
    if (!state) continue;
    for (const radio of s.querySelectorAll("input[type=radio]")) radio.checked = radio.value === state[1];
    ["license", "covers", "note"].forEach((name, index) => { field(s, name).value = state[index + 2]; });
  }
}
function go(to) {
  here = Math.max(0, Math.min(sections.length - 1, to));
  sections[here].scrollIntoView({ block: "start" });
  sections[here].querySelector("input[type=radio]:checked").focus({ preventScroll: true });
}
function decide(value) {
  for (const radio of sections[here].querySelectorAll("input[type=radio]")) radio.checked = radio.value === value;
  changed();
}
function changed() { refresh(); keep(); }
document.addEventListener("focusin", event => {
  const s = event.target.closest("section");
  if (s) here = sections.indexOf(s);
});
document.addEventListener("input", changed);
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("textarea, input[type=text], input[type=date], select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const acts = { j: () => go(here + 1), k: () => go(here - 1), v: () => decide("verified"), r: () => decide("rejected"),
    u: () => decide(""), n: () => field(sections[here], "note").focus(), l: () => field(sections[here], "license").focus(), s: save };
  if (event.key in acts) { event.preventDefault(); acts[event.key](); }
});
document.getElementById("save").addEventListener("click", save);
restore();
refresh();
"""


def page(hosts: Sequence[Host], rows: Sequence[Mapping[str, str]], *, run: str, file: str, today: str) -> str:
    """Return the sheet as HTML.

    Nothing is loaded from anywhere, and what pages said stands there as text: it can run nothing and load nothing.

    Args:
        hosts: in the order of rows.
        rows: of the CSV sheet, one per host.
        run: name and version.
        file: name under which the CSV is saved.
        today: day that decisions are given where nobody changes it, `2026-11-27`.
    """
    sections = "\n".join(
        _section(number, host, row) for number, (host, row) in enumerate(zip(hosts, rows, strict=True))
    )
    columns = escape("[" + ", ".join(f'"{name}"' for name in COLUMNS) + "]", quote=True)
    keys = " ".join(
        f"<kbd>{key}</kbd> {what}"
        for key, what in (
            ("j", "next"), ("k", "previous"), ("v", "verified"), ("r", "rejected"), ("u", "undecided"), ("l", "license"),
            ("n", "note"), ("Esc", "leave a field"), ("s", "save"),
        )
    )  # fmt: skip
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>Licenses of {escape(run)}</title><style>{_STYLE}</style></head>
<body data-run="{escape(run, quote=True)}" data-file="{escape(file, quote=True)}" data-columns="{columns}">
<header><strong>Licenses of {escape(run)}</strong>, hosts by tokens. Decided: <output id="done"></output>
<label>By <input type="text" id="by" autocomplete="name"></label>
<label>On <input type="date" id="on" value="{escape(today, quote=True)}"></label>
<button type="button" id="save">Save {escape(file)}</button><br>{keys}</header>
<main>
{sections}
</main>
<script>{SCRIPT}{_SCRIPT}</script>
</body></html>
"""


def _section(number: int, host: Host, row: Mapping[str, str]) -> str:
    fixed = " ".join(
        f'data-{name}="{escape(row[name], quote=True)}"'
        for name in ("host", "kept", "dropped", "tokens", "found", "decided_by", "decided_on")
    )
    marks = "".join(
        f'<tr><td class="n">{pages:,}</td><td>{mark.fate}</td><td>{escape(mark.license)}</td><td>{escape(mark.state)}</td>'
        f"<td>{escape(mark.signal)}</td></tr>"
        for mark, pages in host.ordered_marks()
    )
    name, share = host.commonest()
    same = "No page names a license." if name is None else f"{share:.0%} of its pages name {escape(name)}."
    verdicts = "".join(
        f'<label><input type="radio" name="verdict-{number}" value="{value}"{" checked" if row["verdict"] == value else ""}>'
        f" {word}</label>"
        for value, word in (("verified", "verified"), ("rejected", "rejected"), ("", "undecided"))
    )
    covers = "".join(
        f'<option value="{value}"{" selected" if row["covers"] == value else ""}>{word}</option>'
        for value, word in zip(COVERS, ("pages that name a license", "all pages of the host"), strict=True)
    )
    return f"""<section {fixed} aria-labelledby="h{number}">
<h2 id="h{number}">{escape(host.host)}</h2>
<p>{host.tokens:,} tokens, {host.kept:,} pages kept, {host.dropped:,} dropped for their license. {same}</p>
<table><thead><tr><th>pages</th><th>fate</th><th>license</th><th>state</th><th>signal</th></tr></thead><tbody>{marks}</tbody></table>
{"".join(map(_sample, host.samples))}
<fieldset>{verdicts}<label>License <input type="text" name="license" value="{escape(row["license"], quote=True)}"></label>
<label>Covers <select name="covers">{covers}</select></label></fieldset>
<label>Note: where it stands, what you saw<textarea name="note" rows="2">{escape(row["note"])}</textarea></label>
</section>"""


def _sample(sample: Sample) -> str:
    lang = "" if sample.language is None else f' lang="{escape(bcp47(sample.language), quote=True)}"'
    said = "".join(
        f"<li><code>{escape(one.get('signal') or '')}</code> {_where(one)}"
        f'<bdi dir="auto">{escape(one.get("raw") or "")}</bdi>'
        f"{' &#8594; <code>' + escape(one['spdx'] or '') + '</code>' if one.get('spdx') else ''}</li>"
        for one in sample.evidence[:20]
    )
    # An address in a link could be a script; those of pages that were fetched begin with http.
    url = escape(sample.url, quote=True)
    title = "" if not sample.title else f' <cite dir="auto"{lang}>{escape(sample.title)}</cite>'
    return f"""<article><p><a href="{url}" rel="noreferrer noopener" target="_blank">{url}</a>{title}
({sample.mark.fate}, {escape(sample.mark.license)}, {escape(sample.mark.state)})</p>
<blockquote dir="auto"{lang}>{escape(sample.text)}</blockquote><ul>{said}</ul></article>"""


def _where(one: Mapping[str, str | None]) -> str:
    places = [value for name in ("locus", "scope") if (value := one.get(name))]
    return f"({escape(', '.join(places))}) " if places else ""

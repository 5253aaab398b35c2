"""The report of a run: all sections in one HTML file that loads nothing and runs nothing."""

from typing import Final

from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.report.run_page import (
    distributions_section,
    domains_section,
    duplicates_section,
    funnel_section,
    gate_section,
    languages_section,
    markup,
    naturalness_section,
    origins_section,
    reasons_section,
    rights_section,
    staleness_section,
    times_section,
    tokenizers_section,
    warnings_section,
)
from glotmill.report.run_page.facts import Facts, Options, gather
from glotmill.report.run_page.markup import Section
from glotmill.report.run_page.sampling import sample
from glotmill.report.run_page.style import STYLE

FILE: Final = "report.html"
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(folder: RunFolder, options: Options | None = None) -> str:
    """Write `report.html` into a finished run's folder and return its address.

    Raises:
        SettingsError: the folder holds no finished run, or a tokenizer cannot be opened.
    """
    address = folder.join(FILE)
    storage.replace_bytes(address, report(folder, options or Options()).encode())
    return address


def remove_report(folder: RunFolder) -> None:
    """Delete a run's report, if it is there."""
    address = folder.join(FILE)
    if storage.is_file(address):
        storage.delete(address)


def report(folder: RunFolder, options: Options) -> str:
    """Return the report of a finished run as HTML.

    The same run, whatever machine or executor it took place on, gives the same bytes, but for the section on times, which
    stands between `times_section.BEGIN` and `END`. There is no script in it: it opens by keyboard because it is made of
    links and `details`.
    """
    facts = gather(folder, options)
    samples = sample(facts)
    sections = (
        warnings_section.section(facts),
        languages_section.section(facts),
        funnel_section.section(facts),
        reasons_section.section(facts),
        distributions_section.section(facts, samples),
        rights_section.section(facts),
        domains_section.section(facts),
        duplicates_section.section(facts),
        gate_section.section(facts),
        origins_section.section(facts),
        naturalness_section.section(samples),
        tokenizers_section.section(facts, samples),
        staleness_section.section(facts),
        times_section.section(facts),
    )
    return _page(facts, sections)


def _page(facts: Facts, sections: tuple[Section, ...]) -> str:
    manifest, account = facts.manifest, facts.manifest["account"]
    title = f"{manifest['name']} {manifest['version']}"
    kind = "Dry run" if facts.options.dry else "Run"
    links = "".join(f'<li><a href="#{one.name}">{markup.safe(one.title)}</a></li>' for one in sections)
    shown = {
        "read": "records read",
        "derived": "derived",
        "kept": "kept",
        "dropped": "dropped",
        "quarantined": "quarantined",
    }
    tiles = "".join(f"<div><dt>{words}</dt><dd>{account[key]:,}</dd></div>" for key, words in shown.items())
    body = "\n".join(
        f'<section id="{one.name}" aria-labelledby="h-{one.name}"><h2 id="h-{one.name}">{markup.safe(one.title)}</h2>\n{one.body}\n</section>'
        for one in sections
    )
    about = f"<p>{markup.label(manifest['description'])}</p>" if manifest["description"] else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="referrer" content="no-referrer">
<title>{kind} of {markup.safe(title)}</title><style>{STYLE}</style></head>
<body><a class="skip" href="#main">To the content</a>
<header><h1>{kind} of {markup.safe(title)}</h1>{about}
<dl class="tiles">{tiles}</dl>
<p>Plan <code>{markup.safe(manifest["fingerprint"][:16])}</code>, release {markup.safe(manifest["release"])}, Glotmill \
{markup.safe(str(manifest["code"].get("version", "")))}. Figures are sums over receipts and parts.</p></header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main id="main" tabindex="-1">
{body}
</main></body></html>
"""

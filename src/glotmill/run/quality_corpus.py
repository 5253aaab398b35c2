"""The two classes that a model of quality learns from: checked, without copies, and read once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import DataError
from glotmill.dedup.classes import copies
from glotmill.plan.training import Role, TrainingPlan
from glotmill.run.training_documents import Document, Gathered
from glotmill.text.calibration.intervals import LEAST_DOCUMENTS
from glotmill.text.quality.features import Reader
from glotmill.text.quality.fitting import LEAST_WORDS, Member
from glotmill.text.scan import scan

LEAST_CRAWL = 100  # documents of a language: fewer give no quantile of a hundredth
_SIMILARITY = 0.8
_BATCH = 500

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """The documents of both classes.

    Args:
        documents: those of the good class first.
        good: shape (n,).
        members: of each, with names of sites left out, to learn from.
        lines: of each, as `classify` will read it, to be scored.
    """

    documents: tuple[Document, ...]
    good: Flags
    members: tuple[Member, ...]
    lines: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.documents)

    def of(self, tag: str) -> Flags:
        """Return which documents are in a language, shape (n,)."""
        return np.array([document.language == tag for document in self.documents], np.bool_)


def corpus_of(plan: TrainingPlan, gathered: Gathered) -> tuple[Corpus, dict[str, int]]:
    """Return the documents of both classes, and how many were left out by which rule.

    Raises:
        DataError: a class has too few documents or domains, before or after.
    """
    roles = (gathered.documents["positives"], gathered.documents["negatives"])
    documents = [document for role in roles for document in role]
    _check_classes(plan, documents, len(roles[0]), "are given")
    classes = np.repeat(np.arange(2, dtype=np.int64)[::-1], [len(role) for role in roles])
    across, within = copies(
        [document.text for document in documents], classes, threshold=_SIMILARITY, seed=plan.head.seed
    )
    left = np.ones(len(documents), np.bool_)
    left[across] = left[within] = False
    names = _site_names(documents)
    kept: list[Document] = []
    good: list[bool] = []
    members: list[Member] = []
    lines: list[tuple[str, ...]] = []
    short = 0
    places = np.flatnonzero(left).tolist()
    for start in range(0, len(places), _BATCH):
        some = places[start : start + _BATCH]
        texts = [documents[place].text for place in some]
        table = scan(texts)
        masked, plain = Reader(texts, table, names=names), Reader(texts, table)
        for index, place in enumerate(some):
            read = tuple(plain.lines(index))
            if plain.words(index) < LEAST_WORDS or not read:
                short += 1
                continue
            kept.append(documents[place])
            good.append(bool(classes[place]))
            members.append(Member(masked, index))
            lines.append(read)
    _check_classes(plan, kept, sum(good), f"of {LEAST_WORDS} words and without a copy are left")
    counts = {"in_both_classes": len(across), "repeated": len(within), "too_short": short}
    return Corpus(tuple(kept), np.array(good, np.bool_), tuple(members), tuple(lines)), counts


def _site_names(documents: Sequence[Document]) -> frozenset[str]:
    """Return the words that hosts are made of, the suffix and what is shorter than four ASCII letters left out."""
    hosts = {document.host for document in documents if document.host}
    return frozenset(
        part.casefold()
        for host in hosts
        for label in host.split(".")[:-1]
        for part in label.split("-")
        if len(part) > 3 or not part.isascii()
    )


def _check_classes(plan: TrainingPlan, documents: Sequence[Document], positives: int, what: str) -> None:
    for tag in plan.languages:
        sides: tuple[tuple[Role, Sequence[Document]], ...]
        sides = (("positives", documents[:positives]), ("negatives", documents[positives:]))
        for role, part in sides:
            own = [document for document in part if document.language == tag]
            sources = ", ".join(source.of for source in plan.sources[role])
            if len(own) < LEAST_DOCUMENTS:
                raise DataError(
                    f"{plan.recipe_file}: {role}: {len(own)} documents in {tag} {what}, and {LEAST_DOCUMENTS} are the least\n"
                    f"  They come from {sources}. Rows whose language is not said, or is another, do not count: map a "
                    "column to `language`, or add a step of kind identify."
                )
            domains = {document.domain for document in own}
            if len(domains) < 2:
                raise DataError(
                    f"{plan.recipe_file}: {role}: all {len(own)} documents in {tag} come from {domains.pop()}\n"
                    "  Held-out domains are what a model is judged on, so each class needs two or more: add a source, or "
                    "give rows their `url`."
                )


def check_crawl(plan: TrainingPlan, crawl: Sequence[Document]) -> None:
    """Refuse a crawl that has too few documents in a language with anything to read for quantiles."""
    for tag in plan.languages:
        own = [document.text for document in crawl if document.language == tag]
        found = 0
        for start in range(0, len(own), LEAST_CRAWL):
            some = own[start : start + LEAST_CRAWL]
            reader = Reader(some, scan(some))
            found += sum(bool(reader.lines(index)) for index in range(len(some)))
            if found >= LEAST_CRAWL:
                break
        if found < LEAST_CRAWL:
            sources = ", ".join(source.of for source in plan.sources["crawl"])
            raise DataError(
                f"{plan.recipe_file}: crawl: {found} documents in {tag} with anything to read, and {LEAST_CRAWL} are the least that "
                f"give quantiles\n  They come from {sources}: bind more of the crawl that is to be classified, as it comes."
            )

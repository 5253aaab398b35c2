"""A calibration from end to end: a reference and perhaps a crawl in, a judged proposal and a language file out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glotmill.core.errors import DataError
from glotmill.dedup.learnable import learnable, standing
from glotmill.dedup.tombstones import PROJECT_FILE, Tombstones, parsed
from glotmill.io.documents import Collection, Refuse, find_documents, read_documents
from glotmill.plan.project import Project
from glotmill.text.calibration.fitting import MOVED, Fit, fit
from glotmill.text.calibration.methods import Method
from glotmill.text.calibration.outcome import Judged, judged
from glotmill.text.calibration.parts import Parts, parted
from glotmill.text.calibration.sampling import Sample, measured
from glotmill.text.calibration.targets import Target, targets
from glotmill.text.calibration.vocabulary import FrequentWord, Vocabulary
from glotmill.text.calibration.writing import draft, drafted, rewritten
from glotmill.text.measures import MEASURES, Measure, Profile
from glotmill.text.rules import (
    Evidence,
    LanguageFile,
    RuleSet,
    language_path,
    profile,
    read_language,
    read_rule_set,
    rule_set_path,
)
from glotmill.text.tags import canonical, describe

_STOP_WORDS = 20  # proposed: as many as the language files have that come with Glotmill
_SCRIPT = MEASURES["expected_script_share"]
_CRAWL = "crawl"
_LEAST_IN_SCRIPT = 0.9  # of the reference's documents that should be mostly in the language's script
Watch = Callable[[str, int], None]  # what is read, and how many of its documents so far


@dataclass(frozen=True, slots=True)
class Request:
    """What to calibrate, on what, and how.

    Args:
        language: code or tag.
        reference: location of trusted running text in the language.
        held_out: location of more such text, on which the bounds are judged; None: part of the reference is.
        crawl: location of web text in it as it comes, or None.
        filters: rule sets; empty for all of the project.
        method: from values to bounds.
        keep: share of the reference that all rules together are to keep.
        column: of rows, that holds the text.
        least_words: shorter documents of the reference are left out.
        tighten: whether numbers that stand may become stricter too.
        write_stop_words: whether the proposed stop words replace those on file.
        source: what the reference is, for the evidence; None: not known yet.
        license: SPDX expression of the reference, for the evidence; None: not known yet.
    """

    language: str
    reference: str
    held_out: str | None = None
    crawl: str | None = None
    filters: tuple[str, ...] = ()
    method: Method = "quantile"
    keep: float = 0.95
    column: str = "text"
    least_words: int = 100
    tighten: bool = False
    write_stop_words: bool = False
    source: str | None = None
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a location.

    Args:
        name: its last part.
        digest: of its files.
        sample: the measured documents.
        refused: reason -> rows that hold no text, were taken down, or no person wrote.
    """

    name: str
    digest: str
    sample: Sample
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found.

    Args:
        tag: the language.
        found: the bounds.
        judged: what they do.
        reference: what they rest on, the part that was held out included.
        held_out: what else they were judged on, or None.
        crawl: what they were tried on, or None.
        parts: the reference, split.
        stop_words: the words that most documents of the reference have.
        warnings: about the reference.
        path: project path of the language's file.
        file: its new text.
    """

    tag: str
    found: Fit
    judged: Judged
    reference: Read
    held_out: Read | None
    crawl: Read | None
    parts: Parts
    stop_words: tuple[FrequentWord, ...]
    warnings: tuple[str, ...]
    path: str
    file: str


def calibrate(project: Project, request: Request, *, watch: Watch) -> Calibration:
    """Measure, fit and judge; write nothing.

    Args:
        project: where rule sets and the language's file are.
        request: what to do.
        watch: told after every batch.

    Raises:
        RecipeError: no such language or rule set.
        DataError: a location without documents, or too few of them.
    """
    tag = canonical(request.language)
    gone = taken_down(project)
    sets = _rule_sets(project, request.filters)
    reference = find_documents(request.reference, column=request.column)
    basis = _basis(tag, project, request, reference, watch)
    found_targets = targets(sets, basis.language, tighten=request.tighten)
    scale = _Scale(_measures(found_targets), basis.language.profile(), request, gone, watch)
    vocabulary = Vocabulary(scale.profile.scripts) if basis.words is None else None
    own = scale.measure(reference, "reference", least_words=request.least_words, vocabulary=vocabulary)
    apart = scale.measure_at(request.held_out, "held out", least_words=request.least_words)
    web = scale.measure_at(request.crawl, _CRAWL, least_words=0)
    parts = parted(own.sample, None if apart is None else apart.sample)
    web_sample = None if web is None else web.sample
    web_values = None if web_sample is None else web_sample.values
    values = parts.learned.values
    found = fit(found_targets, values, parts.folds, method=request.method, keep=request.keep, crawl=web_values)
    verdict = judged(found, parts.held_out, keep=request.keep, crawl=web_sample)
    words = basis.words if vocabulary is None else vocabulary.frequent(_STOP_WORDS)
    new = Calibration(
        tag, found, verdict, own, apart, web, parts, words or (), _warnings(tag, own), language_path(tag), ""
    )
    evidence = _evidence(request, sets, new)
    file = rewritten(basis.text, tag=tag, proposals=found.proposals, evidence=evidence, stop_words=basis.new_stop_words)
    return replace(new, file=file)


def taken_down(project: Project) -> Tombstones:
    """Return what a project took down: nothing is learned from it."""
    return parsed(project.read(PROJECT_FILE) or "")


def _rule_sets(project: Project, names: Sequence[str]) -> tuple[RuleSet, ...]:
    known = [name.removesuffix(".yaml") for name in project.names("filters")]
    wanted = list(names) or sorted(path.rsplit("/", 1)[-1] for path in known)
    files = {}
    for name in wanted:
        text = project.read(rule_set_path(name))
        if text is not None:
            files[rule_set_path(name)] = text
    return tuple(read_rule_set(name, files) for name in wanted)


@dataclass(frozen=True, slots=True)
class _Basis:
    """What is on file for a language, or a draft of it.

    Args:
        text: of its file.
        language: the file read.
        words: the frequent words of the reference, if they had to be counted first.
        new_stop_words: what is to be written instead of the stop words on file.
    """

    text: str
    language: LanguageFile
    words: tuple[FrequentWord, ...] | None
    new_stop_words: tuple[str, ...] | None


def _basis(tag: str, project: Project, request: Request, reference: Collection, watch: Watch) -> _Basis:
    path = language_path(tag)
    text = project.read(path)
    language = None if text is None else read_language(tag, {path: text})
    if text is not None and language is not None and language.stop_words and not request.write_stop_words:
        return _Basis(text, language, None, None)
    unknown = profile((), script=tag.partition("_")[2])
    vocabulary = Vocabulary(unknown.scripts)
    refuse = learnable(taken_down(project))
    batches = _watched(reference, "words of the reference", watch, Counter(), refuse)
    measured(batches, (), unknown, least_words=request.least_words, vocabulary=vocabulary)
    words = vocabulary.frequent(_STOP_WORDS)
    chosen = tuple(word.word for word in words)
    if text is None or language is None:
        name = describe(tag).name
        text = draft(tag, name, stop_words=chosen, sentence_ends=vocabulary.sentence_ends())
        return _Basis(text, drafted(text, tag=tag), words, None)
    return _Basis(text, language.model_copy(update={"stop_words": chosen}), words, chosen)


def _measures(found: Sequence[Target]) -> tuple[Measure, ...]:
    names = {target.rule.measure for target in found} | {_SCRIPT.name}
    return tuple(MEASURES[name] for name in sorted(names))


@dataclass(frozen=True, slots=True)
class _Scale:
    """What every document is measured by."""

    measures: tuple[Measure, ...]
    profile: Profile
    request: Request
    taken_down: Tombstones
    watch: Watch

    def measure_at(self, location: str | None, what: str, *, least_words: int) -> Read | None:
        """Return what a location holds, None for None."""
        if location is None:
            return None
        return self.measure(find_documents(location, column=self.request.column), what, least_words=least_words)

    def measure(
        self, collection: Collection, what: str, *, least_words: int, vocabulary: Vocabulary | None = None
    ) -> Read:
        """Return what a collection holds, its documents measured."""
        refused: Counter[str] = Counter()
        # A crawl is measured as it comes: bounds are judged on it, none is learned from it.
        refuse = standing(self.taken_down) if what == _CRAWL else learnable(self.taken_down)
        batches = _watched(collection, what, self.watch, refused, refuse)
        sample = measured(batches, self.measures, self.profile, least_words=least_words, vocabulary=vocabulary)
        if not len(sample):
            found = ", ".join(f"{reason} {count}" for reason, count in refused.items())
            raise DataError(
                f"{collection.location}: no document in the column {collection.column!r} is long enough "
                f"(too short: {sample.too_short}; left out: {found or 'none'})"
            )
        return Read(collection.name, collection.digest, sample, dict(sorted(refused.items())))


def _watched(
    collection: Collection, what: str, watch: Watch, refused: Counter[str], refuse: Refuse
) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield documents, tell the watch how many there were, and count rows that are left out into `refused`."""
    documents = 0
    for texts in read_documents(collection, refuse=refuse):
        yield texts.texts, texts.sources
        documents += len(texts.texts)
        refused.update(texts.refused)
        watch(what, documents)


def _warnings(tag: str, reference: Read) -> tuple[str, ...]:
    shares = reference.sample.values[_SCRIPT.name]
    in_script = float((shares >= 0.5).mean())
    if in_script >= _LEAST_IN_SCRIPT:
        return ()
    return (f"only {in_script:.0%} of the reference is written in the script of {tag}: is it in the language?",)


def _moved(found: Calibration) -> str:
    """Return which bounds were moved, and what the strictest of them drops of the documents they come from."""
    moved = [proposal for proposal in found.found.proposals if proposal.change in MOVED]
    if not moved:
        return "no bound moved"
    values = found.parts.learned.values
    most = max(float(proposal.fails(values[proposal.target.rule.measure]).mean()) for proposal in moved)
    names = "1 bound" if len(moved) == 1 else f"{len(moved)} bounds"
    drops = f"each dropping at most {most:.2%}" if most else "dropping nothing"
    return f"{names} moved, {drops} of the calibration part"


def _evidence(request: Request, sets: Sequence[RuleSet], found: Calibration) -> Evidence:
    """Return what the new numbers rest on, in sentences that carry all figures."""
    parts, kept = found.parts, found.judged.reference.proposed
    how = {
        "source": f"split by source, {parts.sources} sources",
        "document": "split by content hash",
        "location": f"{found.held_out.name}, {found.held_out.digest}" if found.held_out else "",
    }
    text = (
        f"Bounds of {', '.join(rules.name for rules in sets)} calibrated: method {request.method}, {_moved(found)}, on "
        f"{len(parts.learned)} documents of at least {request.least_words} words. Of {kept.of} held-out documents "
        f"({how[parts.by]}) all rules together keep {kept.count}, {kept.value:.3f}, and at 95 % at least "
        f"{kept.low:.3f} (Wilson)."
    )
    if found.crawl is not None and found.judged.crawl is not None:
        share = found.judged.crawl.proposed
        name = f"{found.crawl.name}, {found.crawl.digest}"
        text += f" Of a crawl sample ({name}) they keep {share.count} of {share.of}."
    where = f"{request.source or 'source to be named'} ({found.reference.name}, {found.reference.digest})"
    return Evidence(text=text, source=where, license=request.license or "license to be named")

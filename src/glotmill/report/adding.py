"""A language that joins by a user's own text: its words counted and judged on text held out, and the files to write."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from glotmill.core.errors import DataError
from glotmill.core.hashing import content_hash
from glotmill.dedup.learnable import learnable
from glotmill.io.documents import Collection, Refuse, find_documents, read_documents
from glotmill.plan.project import Project
from glotmill.report import calibration
from glotmill.report.trial import Likeness, Recall, Taken, likenesses, recalls, taken_texts, taken_words, voters
from glotmill.text.calibration.vocabulary import Vocabulary
from glotmill.text.calibration.writing import draft, rewritten
from glotmill.text.identification.counting import WordCounter
from glotmill.text.identification.holding import FIFTHS, Held, held_out
from glotmill.text.identification.ngram_weights import FEWEST_WORDS
from glotmill.text.identification.own import OwnLanguage, own_path, parse_own
from glotmill.text.identification.writing import own_text
from glotmill.text.rules import Evidence, language_path, profile
from glotmill.text.scan import scan
from glotmill.text.scripts import dominant_scripts
from glotmill.text.tags import canonical, describe

# Measured by scripts/measure_own_languages.py, docs/decisions/0019-languages-of-ones-own.md.
LITTLE_BYTES = 10_000  # of text, in UTF-8
LEAST_TEXTS = 30  # held-out texts of 60 characters, below which recall says next to nothing
_LIKE_SHARE, _LIKE_SCORE = 0.5, 0.8  # of texts, and mean score, from which a text looks like a listed language
_NEAR_SHARE, _NEAR_SCORE = 0.2, 0.3  # the same, from which a listed language is near
_LEAST_IN_SCRIPT = 0.9
_FEW_DOCUMENTS = 20  # of fewer, lines are held out instead of documents
_JUDGED, _JUDGED_CHARACTERS = 300, 2_000  # documents that texts are cut from, and characters of each
_DISTINCTIVE = 0.85  # share of a word's occurrences that makes it a language's own, as in the lists of FineWeb-2
_STOP_WORDS = 20

Watch = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What to add, out of what.

    Args:
        language: code or tag.
        text: location of text in the language.
        column: of rows, that holds the text.
        against: code or tag -> location of text in another language, of whose words the new one's own are cleared.
        source: what the text is, for the evidence; None: not known yet.
        license: SPDX expression of the text, for the evidence; None: not known yet.
        redraft: whether a language file that is there is calibrated too.
    """

    language: str
    text: str
    column: str = "text"
    against: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    license: str | None = None
    redraft: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was read of a location.

    Args:
        name: its last part.
        digest: of its files.
        documents: that differ.
        size: of these, bytes in UTF-8.
        repeated: documents left out for having the text of an earlier one.
        refused: reason -> rows that hold no text, were taken down, or no person wrote.
        scripts: script -> documents mostly written in it.
        unit: what was held out.
        held: which.
        learned: words of all but those held out.
        everything: words of all.
        judged: documents held out, as texts are cut from them.
    """

    name: str
    digest: str
    documents: int
    size: int
    repeated: int
    refused: Mapping[str, int]
    scripts: Mapping[str, int]
    unit: str
    held: Held
    learned: WordCounter
    everything: WordCounter
    judged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Addition:
    """A language as it would join.

    Args:
        tag: canonical.
        read: its text.
        recalls: what is named on text held out, by words of the rest.
        likenesses: what the shipped identifiers call that text.
        taken: what it takes from other languages.
        warnings: what to look at before it is used.
        language: what would be written.
        path: project path of the words.
        file: their text.
        language_path: project path of the language's file.
        language_file: its text, or None where the one that is there stays.
        note: how that file came about.
    """

    tag: str
    read: Gathered
    recalls: tuple[Recall, ...]
    likenesses: tuple[Likeness, ...]
    taken: tuple[Taken, ...]
    warnings: tuple[str, ...]
    language: OwnLanguage
    path: str
    file: str
    language_path: str
    language_file: str | None
    note: str


def add(project: Project, request: Request, *, watch: Watch) -> Addition:
    """Count, judge and draft; write nothing.

    Args:
        project: where the language's files are.
        request: what to do.
        watch: told after every batch.

    Raises:
        RecipeError: no such language.
        DataError: a location without documents, or with too few words.
    """
    tag = canonical(request.language)
    others = {canonical(name): location for name, location in request.against.items()}
    refuse = learnable(calibration.taken_down(project))
    read = _gathered(tag, find_documents(request.text, column=request.column), refuse, watch)
    against = {
        other: _gathered(other, find_documents(location, column=request.column), refuse, watch)
        for other, location in others.items()
        if other != tag
    }
    learned = own_language(tag, read.learned, [one.learned for one in against.values()])
    whole = own_language(tag, read.everything, [one.everything for one in against.values()])
    before, after = voters(()), voters((learned,))
    named = recalls(tag, read.judged, before, after)
    alike = likenesses(read.judged, before)
    taken = list(taken_words(tag, [one.tag for one in alike if one.tag not in against], before, after))
    for other, one in against.items():
        taken += taken_texts(tag, other, one.judged, before, after)
    evidence = _evidence(request, read, whole, named, tuple(against))
    file = own_text(whole, evidence)
    parse_own(file, own_path(tag))
    drafted, note = _drafted(project, request, tag, watch)
    return Addition(
        tag,
        read,
        named,
        alike,
        tuple(taken),
        _warnings(tag, read, named, alike, tuple(against)),
        whole,
        own_path(tag),
        file,
        language_path(tag),
        drafted,
        note,
    )


def _gathered(tag: str, collection: Collection, refuse: Refuse, watch: Watch) -> Gathered:
    """Return what a location holds, read twice: to see what there is, and to count."""
    keys: list[int] = []
    sources: list[str] = []
    seen: set[int] = set()
    refused: Counter[str] = Counter()
    written: Counter[str] = Counter()
    repeated = 0
    for texts in read_documents(collection, refuse=refuse):
        refused.update(texts.refused)
        found = zip(texts.texts, texts.sources, dominant_scripts(texts.texts), strict=True)
        for text, source, script in found:
            key = _key(text)
            if key in seen:
                repeated += 1
                continue
            seen.add(key)
            keys.append(key)
            sources.append(source)
            written.update([script or "none"])
    unit = "document" if len(keys) >= _FEW_DOCUMENTS else "line"
    lines: dict[int, str] = {}
    if unit == "line":
        lines = {
            _key(line): ""
            for texts in read_documents(collection, refuse=refuse)
            for text in texts.texts
            for line in _lines(text)
        }
        held = held_out(list(lines), [""] * len(lines))
        held_keys = [list(lines)[place] for place in held.places]
    else:
        held = held_out(keys, sources)
        held_keys = [keys[place] for place in held.places]
    counted = _Counted(tag, frozenset(held_keys), frozenset(held_keys[:_JUDGED]))
    for texts in read_documents(collection, refuse=refuse):
        pieces = [line for text in texts.texts for line in _lines(text)] if unit == "line" else list(texts.texts)
        counted.add(pieces)
        watch(collection.name, len(counted.seen))
    judged = tuple(counted.judged[key] for key in held_keys[:_JUDGED])
    return Gathered(
        collection.name,
        collection.digest,
        len(keys),
        counted.size,
        repeated,
        dict(sorted(refused.items())),
        dict(sorted(written.items())),
        unit,
        held,
        counted.learned,
        counted.everything,
        judged,
    )


def _key(text: str) -> int:
    return int(content_hash(text)[:16], 16)


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


class _Counted:
    """Counts each text once, on the side it belongs to."""

    def __init__(self, tag: str, held: frozenset[int], wanted: frozenset[int]) -> None:
        self._held, self._wanted = held, wanted
        self.seen: set[int] = set()
        self.size = 0
        self.learned, self.everything = WordCounter(tag), WordCounter(tag)
        self.judged: dict[int, str] = {}

    def add(self, texts: Sequence[str]) -> None:
        fresh: list[tuple[int, str]] = []
        for text in texts:
            key = _key(text)
            if key not in self.seen:
                self.seen.add(key)
                fresh.append((key, text))
                self.size += len(text.encode("utf-8", "surrogatepass"))
                if key in self._wanted:
                    self.judged[key] = text[:_JUDGED_CHARACTERS]
        self.everything.add([text for _, text in fresh])
        self.learned.add([text for key, text in fresh if key not in self._held])


def own_language(tag: str, counter: WordCounter, others: Sequence[WordCounter]) -> OwnLanguage:
    """Return a language by its words, those marked that texts in other languages have as often.

    A word is a language's own where at least 85 % of its occurrences are, were both texts of one length: the bound of
    the lists of distinctive words that come with FineWeb-2 (Penedo et al. 2025).

    Raises:
        DataError: too few words.
    """
    words = counter.frequent()
    if len(words) < FEWEST_WORDS:
        raise DataError(
            f"{len(words)} different words in the script of {tag}, and {FEWEST_WORDS} are the least that can name a "
            f"language; {counter.foreign} words were in other scripts"
        )
    shares = [other.shares() for other in others]
    total = max(counter.words, 1)
    usual = [
        sum(count / total < _DISTINCTIVE * (count / total + other.get(word, 0.0)) for other in shares)
        for word, count in words
    ]
    return OwnLanguage(tag, tuple(word for word, _ in words), tuple(count for _, count in words), tuple(usual))


def _warnings(
    tag: str, read: Gathered, named: Sequence[Recall], alike: Sequence[Likeness], against: Sequence[str]
) -> tuple[str, ...]:
    found = []
    script = tag.partition("_")[2]
    native = read.scripts.get(script, 0) / max(read.documents, 1)
    if native < _LEAST_IN_SCRIPT:
        others = ", ".join(f"{name} {count}" for name, count in read.scripts.items() if name != script)
        found.append(
            f"only {native:.0%} of the documents are written in {script}, the script of {tag}; others: {others}"
        )
    if read.size < LITTLE_BYTES:
        found.append(
            f"{read.size:,} bytes of text are little: of {LITTLE_BYTES:,}, nine in ten texts of 60 characters in fifteen known "
            "languages were named, of ten times as many 19 in 20"
        )
    sample = next((one.after.of for one in named if one.length == 60), 0)
    if sample < LEAST_TEXTS:
        found.append(
            f"{sample} texts of 60 characters could be held out: fewer than {LEAST_TEXTS} say little about recall"
        )
    found += [
        f"of texts of {one.length} characters, {one.voter} name {one.after.value:.2f} with the file and {one.before.value:.2f} without"
        for one in named
        if one.after.count < one.before.count
    ]
    for one in alike:
        if one.tag != tag and one.share.value >= _LIKE_SHARE and one.score >= _LIKE_SCORE:
            name = describe(one.tag).name
            found.append(
                f"the identifiers that come with Glotmill call {one.share.value:.0%} of the text {one.tag} ({name}), with a mean "
                f"score of {one.score:.2f}: is it {one.tag}?"
            )
        elif one.tag not in (tag, *against) and one.share.value >= _NEAR_SHARE and one.score >= _NEAR_SCORE:
            found.append(
                f"{one.share.value:.0%} of the text is called {one.tag} so far, and no text in {one.tag} was given: of a close "
                f"language two or three texts in ten were taken where it was measured. --against {one.tag}=PATH clears and measures"
            )
    return tuple(found)


def _evidence(
    request: Request, read: Gathered, whole: OwnLanguage, named: Sequence[Recall], against: Sequence[str]
) -> Evidence:
    of_sixty = [one for one in named if one.length == 60]
    figures = ", ".join(f"{one.voter} {one.after.value:.2f}" for one in of_sixty)
    sample = of_sixty[0].after.of if of_sixty else 0
    cleared = f" Words as usual in {', '.join(against)} are marked." if against else ""
    text = (
        f"{len(whole.words)} different words of {read.everything.words} in {read.documents} documents.{cleared} By the words "
        f"of the rest, of {sample} texts of 60 characters held out ({_how(read)}) are named: {figures}."
    )
    return Evidence(text=text, source=_where(request, read), license=request.license or "license to be named")


def _how(read: Gathered) -> str:
    if read.held.by == "source":
        return f"by source, {read.held.sources} sources"
    return f"every {FIFTHS}th {read.unit} by content hash"


def _where(request: Request, read: Gathered) -> str:
    return f"{request.source or 'source to be named'} ({read.name}, {read.digest})"


def _drafted(project: Project, request: Request, tag: str, watch: Watch) -> tuple[str | None, str]:
    """Return the text of the language's file, None where the one that is there stays, and how it came about."""
    if project.read(language_path(tag)) is not None and not request.redraft:
        return None, "it is there and stays as it is; --redraft proposes bounds in it"
    wanted = calibration.Request(
        language=tag, reference=request.text, column=request.column, source=request.source, license=request.license
    )
    try:
        found = calibration.calibrate(project, wanted, watch=watch)
    except DataError as error:
        if project.read(language_path(tag)) is not None:
            return None, f"it stays as it is, since nothing can be calibrated: {error}"
        return _bare(project, request, tag), f"stop words and marks that end sentences, no bounds: {error}"
    held = found.judged.reference.proposed
    return found.file, (
        f"bounds from {len(found.parts.learned)} documents of at least {wanted.least_words} words, under which all rules "
        f"together keep {held.count} of {held.of} others"
    )


def _bare(project: Project, request: Request, tag: str) -> str:
    """Return a language's file without bounds, for text that has no documents long enough to calibrate on."""
    collection = find_documents(request.text, column=request.column)
    vocabulary = Vocabulary(profile((), script=tag.partition("_")[2]).scripts)
    for texts in read_documents(collection, refuse=learnable(calibration.taken_down(project))):
        vocabulary.add(list(texts.texts), scan(list(texts.texts)))
    words = [word.word for word in vocabulary.frequent(_STOP_WORDS)]
    text = draft(tag, describe(tag).name, stop_words=words, sentence_ends=vocabulary.sentence_ends())
    evidence = Evidence(
        text=f"Stop words: the {len(words)} words that most of {vocabulary.documents} documents have. No bounds yet.",
        source=f"{request.source or 'source to be named'} ({collection.name}, {collection.digest})",
        license=request.license or "license to be named",
    )
    return rewritten(text, tag=tag, proposals=(), evidence=evidence)

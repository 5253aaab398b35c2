"""Trains fastText on stretches of good and bad documents: the same documents and seed give the same file."""

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, StrictBool

from glotmill.core.errors import DataError, RecipeError
from glotmill.core.steps import Frozen
from glotmill.text.identification.fasttext import predictor
from glotmill.text.quality.features import WINDOW, Reader
from glotmill.text.quality.scoring import BAD, GOOD, FastTextScorer

LEAST_WORDS = 20  # of a document to learn from
MOST_BYTES = 20_000_000  # of a model: every worker holds one


class Training(Frozen):
    """How fastText is trained.

    Args:
        dim: of the vectors.
        bucket: into how many places character n-grams and pairs of words are hashed.
        epochs: over all stretches.
        learning_rate: at the beginning; it falls to 0.
        least_count: words that occur less often have no vector of their own.
        quantize: whether the vectors are coded in a fifth of their size (Joulin et al. 2016, arXiv:1612.03651); it takes
            longer than the training.
    """

    dim: int = Field(default=16, ge=2, le=64)
    bucket: int = Field(default=50_000, ge=1_000, le=400_000)
    epochs: int = Field(default=25, ge=1, le=200)
    learning_rate: float = Field(default=0.5, gt=0, le=2)
    least_count: int = Field(default=2, ge=1, le=100)
    quantize: StrictBool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A document to learn from.

    Args:
        reader: of the batch that it is in.
        index: in that batch.
    """

    reader: Reader
    index: int

    @property
    def words(self) -> int:
        """How many words it has."""
        return self.reader.words(self.index)


class Stretch(NamedTuple):
    """A stretch to learn from.

    Args:
        good: whose side it is on.
        place: of its document among those of that side.
        line: what is read of it.
    """

    good: bool
    place: int
    line: str


def stretches(good: Sequence[Member], bad: Sequence[Member], *, seed: int) -> list[Stretch]:
    """Return pairs of a good and a bad stretch that have the same number of words.

    Documents are dealt in pairs, each class as often through as the larger one needs, and from both of a pair a stretch of one
    random length is taken at a random place. So the classes are equally many and equally long, word for word.

    Args:
        good: documents of at least `LEAST_WORDS` words.
        bad: the same.
        seed: of the pairs, lengths and places.
    """
    chance = random.Random(seed)
    sides = (good, bad)
    decks = [list(range(len(side))) for side in sides]
    for deck in decks:
        chance.shuffle(deck)
    found: list[Stretch] = []
    for number in range(max(map(len, decks))):
        places = [deck[number % len(deck)] for deck in decks]
        pair = [side[place] for side, place in zip(sides, places, strict=True)]
        length = min(chance.randint(LEAST_WORDS, WINDOW), *(member.words for member in pair))
        for is_good, place, member in zip((True, False), places, pair, strict=True):
            start = chance.randint(0, member.words - length)
            line = member.reader.line(member.index, (start, start + length))
            if line:
                found.append(Stretch(is_good, place, line))
    return found


def labelled(some: Sequence[Stretch]) -> list[str]:
    """Return stretches as lines that fastText is trained on."""
    return [f"__label__{GOOD if one.good else BAD} {one.line}" for one in some]


def fit(lines: Sequence[str], training: Training, *, ngrams: tuple[int, int] | None, seed: int) -> "Fitted":
    """Train a model (Joulin et al. 2016, arXiv:1607.01759), in one thread, so that it is the same each time.

    Args:
        lines: as `labelled` gives them.
        training: how.
        ngrams: least and greatest number of characters of the n-grams of a word; None without.
        seed: of the vectors at the beginning.

    Raises:
        DataError: training diverged: it came out as numbers that are none.
    """
    import fasttext  # noqa: PLC0415  # heavy, and only training needs it

    least, most = ngrams or (0, 0)
    with tempfile.TemporaryDirectory(prefix="glotmill-train-") as folder:
        file = Path(folder) / "lines.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        try:
            model: Any = fasttext.train_supervised(
                str(file),
                dim=training.dim,
                bucket=training.bucket,
                epoch=training.epochs,
                lr=training.learning_rate,
                minCount=training.least_count,
                wordNgrams=2,
                minn=least,
                maxn=most,
                loss="softmax",
                seed=seed,
                thread=1,
                verbose=0,
            )
            if training.quantize:
                model.quantize(qnorm=True)
        except (RuntimeError, ValueError) as error:
            raise DataError(f"fastText cannot be trained on these documents: {error}") from error
    return Fitted(model)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model that has just been trained."""

    model: Any

    @property
    def scorer(self) -> FastTextScorer:
        """What scores by it."""
        return FastTextScorer(predictor(self.model))

    def dump(self) -> bytes:
        """Return the model's file.

        Raises:
            RecipeError: it is larger than 20 MB.
        """
        with tempfile.TemporaryDirectory(prefix="glotmill-train-") as folder:
            file = Path(folder) / "model.bin"
            self.model.save_model(str(file))
            data = file.read_bytes()
        if len(data) > MOST_BYTES:
            raise RecipeError(
                f"the model has {len(data):,} bytes, and at most {MOST_BYTES:,} are meant to be",
                field="training",
                remedy="Set `quantize: true`, raise least_count, or lower dim or bucket.",
            )
        return data

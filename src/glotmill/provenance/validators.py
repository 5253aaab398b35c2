"""The official validators of the published formats, asked where they are installed: `pip install 'glotmill[validators]'`."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final

from glotmill.io import storage
from glotmill.provenance.exports import card, croissant, spdx
from glotmill.provenance.folder import RunFolder

PASSED: Final = "passed"
FAILED: Final = "failed"
NOT_INSTALLED: Final = "not installed"
REMOTE: Final = "not asked: it reads local folders only"
_RECORDS: Final = 100  # read through Croissant
# mlcroissant reads a file whole, as pandas: more than this is validated, and its records are not read.
_MOST_TO_LOAD: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Official:
    """An official validator.

    Args:
        name: of the package.
        file: what it judges.
        module: what has to be there for it.
        judge: returns what it complains of.
    """

    name: str
    file: str
    module: str
    judge: Callable[[Path, Mapping[str, Any]], list[str]]

    def ask(self, folder: RunFolder, manifest: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
        """Return `passed`, `failed` or why nobody was asked, and the complaints."""
        path = storage.local_path(folder.join(self.file))
        if path is None:
            return REMOTE, ()
        try:
            import_module(self.module)
        except ImportError:
            return NOT_INSTALLED, ()
        complaints = self.judge(path, manifest)
        return FAILED if complaints else PASSED, complaints


def _croissant(path: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Validate, and read records by the description."""
    module = import_module("mlcroissant")
    with _quiet("absl"):
        try:
            dataset = module.Dataset(jsonld=path)
            errors = sorted(dataset.metadata.ctx.issues.errors)
            largest = max((int(part["bytes"]) for part in manifest["parts"]), default=_MOST_TO_LOAD + 1)
            if errors or largest > _MOST_TO_LOAD:
                return errors
            wanted = min(_RECORDS, int(manifest["totals"]["documents"]))
            read = sum(1 for _ in islice(dataset.records(croissant.RECORDS), wanted))
        except (module.ValidationError, module.GenerationError) as error:
            return [_one_line(error)]
    return [] if read == wanted else [f"{read} records read, {wanted} expected"]


def _spdx(path: Path, _: Mapping[str, Any]) -> list[str]:
    parser = import_module("spdx_tools.spdx.parser.parse_anything")
    failure = import_module("spdx_tools.spdx.parser.error").SPDXParsingError
    validation = import_module("spdx_tools.spdx.validation.document_validator")
    try:
        document = parser.parse_file(str(path))
    except failure as error:
        return [_one_line(error)]
    return [_one_line(one.validation_message) for one in validation.validate_full_spdx_document(document)]


def _card(path: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Read the card as the Hub's own client does; the Hub's check of it needs the network."""
    hub = import_module("huggingface_hub")
    data = hub.DatasetCard.load(path).data.to_dict()
    asked = ("configs", "license") if manifest["parts"] else ("license",)  # no rows, nothing to load
    return [f"the card has no {key}" for key in asked if not data.get(key)]


VALIDATORS: Final = (
    Official("mlcroissant", croissant.FILE, "mlcroissant", _croissant),
    Official("spdx-tools", spdx.FILE, "spdx_tools.spdx.parser.parse_anything", _spdx),
    Official("huggingface_hub", card.FILE, "huggingface_hub", _card),
)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep warnings of a validator about what is recommended, and not asked for, out of the command's output."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _one_line(message: object) -> str:
    return " ".join(str(message).split())[:300] or type(message).__name__

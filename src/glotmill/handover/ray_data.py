"""A finished run as a Ray dataset."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.errors import SettingsError
from glotmill.handover.choosing import choose
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder


def to_ray_dataset(
    run: str,
    *,
    columns: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    bands: Sequence[str] | None = None,
    license_classes: Sequence[str] | None = None,
) -> Any:
    """Return the rows of a run as a `ray.data.Dataset`, lazily, of the parts that its manifest lists and no others.

    Ray keeps no order unless `ray.data.DataContext.get_current().execution_options.preserve_order` is set.

    Args:
        run: folder or fsspec URL of a finished run, or of a mix.
        columns: to read; None for all.
        languages: tags or codes: `["tha_Thai", "sw"]`; None for all.
        bands: of `quality_band`; None for all.
        license_classes: `["attribution", "public-domain"]`; None for all.

    Raises:
        SettingsError: no finished run, one of which a takedown was interrupted, a column that it does not have, or a run without documents.
        RecipeError: no such language.
    """
    import ray.data  # noqa: PLC0415  # a second that other readers need not spend

    folder = RunFolder(storage.absolute(run))
    choice = choose(folder, columns, languages=languages, bands=bands, license_classes=license_classes)
    parts = [folder.join(part) for part in folder.parts()]
    if not parts:
        raise SettingsError(f"{run} holds no document")
    read = list(dict.fromkeys([*choice.columns, *(name for name, _ in choice.wanted)]))
    # Names of folders would come a second time, as columns: they are in the files.
    found = ray.data.read_parquet(parts, partitioning=None).select_columns(read)
    condition = choice.expression()
    if condition is None:
        return found
    kept = found.map_batches(_filtered, fn_args=(condition,), batch_format="pyarrow", zero_copy_batch=True)
    return kept.select_columns(list(choice.columns))


def _filtered(rows: pa.Table, condition: pc.Expression) -> pa.Table:
    return rows.filter(condition)

"""Which runs a takedown reaches: a corpus, its deltas beside it, and what somebody made of them elsewhere."""

from collections.abc import Sequence

from glotmill.core.errors import SettingsError
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.run.takedown.journal import journal_of, pending, refuse_pending
from glotmill.run.update import runs_of


def family(folder: RunFolder, also: Sequence[RunFolder]) -> tuple[RunFolder, ...]:
    """Return a corpus and all finished runs that a takedown reaches with it, the corpus first.

    Of a delta that is the corpus that it was added to, and all its deltas: what one of them dropped as published stands
    in another.

    Args:
        folder: of a finished run.
        also: further finished runs, such as corpora that were judged again from this one; their deltas are found, too.

    Raises:
        SettingsError: a folder holds no finished run, a delta's corpus is not beside it, a delta is not finished, or a
            takedown that another run holds the journal of is not carried out: it would find its files gone.
    """
    found: dict[str, RunFolder] = {}
    first = base_of(folder).address
    for one in (folder, *also):
        base = base_of(one)
        for member in runs_of(base):
            holder = journal_of(member)
            if holder is not None and holder.address != first:
                refuse_pending(member)
            found.setdefault(member.address.rstrip("/"), member)
        _refuse_unfinished(base, len(runs_of(base)))
    return tuple(found.values())


def base_of(folder: RunFolder) -> RunFolder:
    """Return the corpus that a delta was added to, or the folder itself."""
    about = folder.read_json("manifest.json").get("update")
    if about is None:
        return folder
    version = str(about["of"]).rpartition("@")[2]
    base = RunFolder(storage.join(folder.address.rstrip("/").rpartition("/")[0], version))
    if not storage.exists(base.join("manifest.json")):
        raise SettingsError(
            f"{folder.address} is a delta of {about['of']}, which is not at {base.address}: what it dropped as published "
            "stands there. Put them side by side, as they were written"
        )
    return base


def _refuse_unfinished(base: RunFolder, finished: int) -> None:
    """Refuse a corpus beside which the next delta lies half done: its phases hold texts that nobody accounts for yet."""
    begun = RunFolder(f"{base.address.rstrip('/')}-delta{finished}")
    if storage.exists(begun.join("plan.json")) and not pending(base):
        raise SettingsError(
            f"{begun.address} is not finished: carry that update out, or delete the folder, and take down then"
        )

"""A dry run: the first documents through the whole recipe, in this process, with nothing left behind."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from glotmill.executors.local import LocalExecutor
from glotmill.plan.resolve import Plan
from glotmill.provenance.folder import RunFolder
from glotmill.run.driver import Driver
from glotmill.run.events import Listener, silent
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps


@contextmanager
def rehearsal(
    plan: Plan, settings: Settings, models: Mapping[str, Path], *, documents: int, listener: Listener = silent
) -> Iterator[RunFolder]:
    """Run the first `documents` records of the inputs through the plan and yield the folder of that small run.

    The folder is a real run's, with ledger and manifest, and is deleted at the end of the `with` block.
    """
    with tempfile.TemporaryDirectory(prefix="glotmill-dry-run-") as scratch:
        executor = LocalExecutor(1)
        try:
            local = replace(settings, out=scratch, on="local", workers=1, restart=False, retry_quarantined=False)
            yield Driver(plan, local, models, executor=executor, listener=listener, limit=documents).run()
        finally:
            executor.close()
            release_steps()

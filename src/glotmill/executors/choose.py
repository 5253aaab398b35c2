"""Which executor a run setting means."""

from typing import Literal, assert_never

from glotmill.core.errors import SettingsError
from glotmill.executors.base import Executor
from glotmill.executors.local import LocalExecutor, processors


def executor_for(on: Literal["local", "ray"], workers: int | None = None, ray_address: str | None = None) -> Executor:
    """Return the executor for a run; Ray is imported for `ray` alone.

    Args:
        on: `local` (this machine, no Ray) or `ray`.
        workers: items under way at once; None takes the CPUs of this machine or of the cluster.
        ray_address: a cluster's address; None starts a Ray on this machine.

    Raises:
        SettingsError: an address without Ray, a number below 1, or a cluster that does not answer.
    """
    match on:
        case "local":
            if ray_address is not None:
                raise SettingsError(f"the address {ray_address!r} is a Ray cluster's: add --on ray, or leave it out")
            return LocalExecutor(workers if workers is not None else processors())
        case "ray":
            from glotmill.executors.ray import RayExecutor  # noqa: PLC0415 - Ray takes a second to import

            return RayExecutor(ray_address, workers)
        case _:
            assert_never(on)

"""The backend that answers what it is asked: what a recipe does without any engine."""

from collections.abc import Sequence

from glotmill.mt.backends.base import Answer, BackendInfo, Request, Usage


class IdentityBackend:
    """Gives every text back.

    Args:
        info: of the engine that it stands for.
    """

    def __init__(self, info: BackendInfo) -> None:
        self.info, self.usage = info, Usage()

    def translate(self, requests: Sequence[Request]) -> list[Answer]:
        self.usage.requests += len(requests)
        return [Answer(request.text) for request in requests]

    def close(self) -> None:
        """Hold nothing."""

"""The one rate of all requests to a server, whichever thread makes them, and the pauses that it asks for."""

import threading
import time

from glotmill.core.errors import DataError

_LOOK_S = 1.0


class Pace:
    """Lets requests begin one after the other, evenly.

    Args:
        rate: requests a second, at most; infinity for none to wait for.
        patience: seconds; a server that asks for a longer pause is not waited for.
    """

    def __init__(self, rate: float, *, patience: float = 900.0) -> None:
        self._interval, self._patience = 1.0 / rate, patience
        self._lock = threading.Lock()
        self._next = self._held = 0.0
        self._over = threading.Event()

    def wait(self) -> None:
        """Return when a request may begin.

        Raises:
            DataError: the server asks for more patience than there is, or `stop` was called.
        """
        while not self._over.is_set():
            with self._lock:
                begin = max(self._next, self._held, time.monotonic())
                self._next = begin + self._interval
            self._until(begin)
            with self._lock:
                if begin >= self._held:
                    break  # else it was told to hold on meanwhile, and gets a new turn
        if self._over.is_set():
            raise DataError("stopped")

    def _until(self, begin: float) -> None:
        while not self._over.is_set() and (left := begin - time.monotonic()) > 0:
            pause = self._held - time.monotonic()
            if pause > self._patience:
                raise DataError(f"the server asks to be left alone for {pause:,.0f} s: the same command goes on then")
            if pause > left:
                return
            self._over.wait(min(left, _LOOK_S))

    def hold(self, seconds: float) -> None:
        """Let nothing begin for so long: of those that wait already, too."""
        with self._lock:
            self._held = max(self._held, time.monotonic() + max(seconds, 0.0))
            self._next = max(self._next, self._held)

    def stop(self) -> None:
        """Let nothing begin any more: whoever waits gets a DataError."""
        self._over.set()

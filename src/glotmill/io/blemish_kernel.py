"""Whether UTF-8 holds characters that no text has, in one pass that the compiler turns into vector instructions."""

import numpy as np
import numpy.typing as npt

from glotmill.text.compiled import compiled


@compiled
def is_clean(data: npt.NDArray[np.uint8]) -> bool:
    """Tell whether valid UTF-8 holds no control other than tab, line feed, form feed and return, no C1 control, no U+FFFD to U+FFFF.

    Args:
        data: bytes, shape (n,).
    """
    found = np.uint8(0)
    end = len(data) - 2
    for at in range(end):
        byte, second = data[at], data[at + 1]
        control = np.uint8((byte < 32) & (byte != 9) & (byte != 10) & (byte != 12) & (byte != 13))
        c1 = np.uint8((byte == 0xC2) & (second < 0xA0))
        last = np.uint8((byte == 0xEF) & (second == 0xBF) & (data[at + 2] >= 0xBD))
        found |= control | c1 | last
    for at in range(max(end, 0), len(data)):
        byte = data[at]
        if byte < 32 and byte not in (9, 10, 12, 13):
            return False
        if byte == 0xC2 and at + 1 < len(data) and data[at + 1] < 0xA0:
            return False
    return bool(found == 0)

"""The visible text of HTML pages as code points, by one state machine over their bytes."""

import numpy as np
import numpy.typing as npt

from glotmill.text.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Points = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

INLINE, BREAK, CELL, RAW = range(4)  # what a tag does to the text around it
SEED, STEP = 0xCBF29CE484222325, 0x100000001B3  # FNV-1a, 64 bits
LONGEST_ENTITY = 32  # the longest name has 31 letters; what is longer is none
_LONGEST_LEGACY = 6  # of the names that need no semicolon
_SEED, _STEP = np.uint64(SEED), np.uint64(STEP)
_LT, _GT, _AMP, _SLASH, _BANG, _QUESTION, _EQUALS = 0x3C, 0x3E, 0x26, 0x2F, 0x21, 0x3F, 0x3D
_DOUBLE, _SINGLE, _DASH, _HASH, _SEMICOLON = 0x22, 0x27, 0x2D, 0x23, 0x3B
_LINE_FEED, _SPACE, _NO_BREAK = 0x0A, 0x20, 0xA0
_REPLACEMENT, _LAST_POINT = 0xFFFD, 0x10FFFF


@compiled
def look_up(key: np.uint64, keys: Keys) -> np.int64:
    """Return the place of a key in a table with open addressing, or -1; zero stands for a free place."""
    mask = np.uint64(len(keys) - 1)
    place = key & mask
    while keys[place] != np.uint64(0):
        if keys[place] == key:
            return np.int64(place)
        place = (place + np.uint64(1)) & mask
    return np.int64(-1)


@compiled
def _space(byte: np.int64) -> np.bool_:
    return byte == 32 or 9 <= byte <= 13


@compiled
def _letter(byte: np.int64) -> np.bool_:
    return 97 <= (byte | 32) <= 122


@compiled
def _comment_end(data: Bytes, place: np.int64, end: np.int64) -> np.int64:
    """Return the place behind the comment whose dashes begin here; the end where it is open."""
    while place + 2 < end:
        if data[place + 2] == _GT:
            if data[place] == _DASH and data[place + 1] == _DASH:
                return place + 3
            place += 3
        elif data[place + 2] == _DASH:
            place += 1
        else:
            place += 3
    return end


@compiled
def _raw_end(data: Bytes, place: np.int64, end: np.int64, key: np.uint64) -> np.int64:
    """Return where the end tag of a raw element begins, the end where there is none."""
    while place + 1 < end:
        if data[place] == _LT and data[place + 1] == _SLASH:
            inside = place + 2
            value = _SEED
            while inside < end and _letter(np.int64(data[inside])):
                value = (value ^ np.uint64(data[inside] | 32)) * _STEP
                inside += 1
            if value == key and inside < end:
                byte = np.int64(data[inside])
                if _space(byte) or byte in (_SLASH, _GT):
                    return place
            place = inside
        else:
            place += 1
    return end


@compiled
def _entity(data: Bytes, place: np.int64, end: np.int64, names: Keys, values: Points, pair: Points) -> np.int64:
    """Write what a character reference stands for into `pair` and return the place behind it, or -1 where it is none.

    Args:
        data: bytes of all pages.
        place: behind the ampersand.
        end: of the page.
        names: hashes of the names, with their semicolon where they need one.
        values: code points of each name, shape (names, 2), 0 where there is no second one.
        pair: shape (2,).
    """
    pair[1] = 0
    if place >= end:
        return np.int64(-1)
    if data[place] == _HASH:
        place += 1
        hexadecimal = place < end and (data[place] | 32) == 0x78
        if hexadecimal:
            place += 1
        number, digits = np.int64(0), 0
        while place < end:
            byte = np.int64(data[place])
            if 48 <= byte <= 57:
                digit = byte - 48
            elif hexadecimal and 97 <= (byte | 32) <= 102:
                digit = (byte | 32) - 87
            else:
                break
            number = min(number * (16 if hexadecimal else 10) + digit, np.int64(_LAST_POINT + 1))
            digits += 1
            place += 1
        if digits == 0:
            return np.int64(-1)
        if number == 0 or number > _LAST_POINT or 0xD800 <= number <= 0xDFFF:
            number = np.int64(_REPLACEMENT)
        pair[0] = np.uint32(number)
        return place + 1 if place < end and data[place] == _SEMICOLON else place
    value, inside, found, behind = _SEED, place, np.int64(-1), np.int64(-1)
    while inside < end and inside - place < LONGEST_ENTITY:
        byte = np.int64(data[inside])
        if not (_letter(byte) or 48 <= byte <= 57):
            if byte == _SEMICOLON:
                whole = look_up((value ^ np.uint64(byte)) * _STEP, names)
                if whole >= 0:
                    found, behind = whole, inside + 1
            break
        value = (value ^ np.uint64(byte)) * _STEP
        inside += 1
        if inside - place <= _LONGEST_LEGACY:
            legacy = look_up(value, names)
            if legacy >= 0:
                found, behind = legacy, inside
    if found >= 0:
        pair[0], pair[1] = values[found, 0], values[found, 1]
    return behind


@compiled
def visible(
    data: Bytes,
    starts: Ints,
    ends: Ints,
    tags: tuple[Keys, Bytes],
    entities: tuple[Keys, Points],
    windows_1252: Points,
) -> tuple[Points, Ints]:
    """Return the text that readers of pages see, in time linear in their bytes.

    Args:
        data: UTF-8 of all pages; what is none becomes U+FFFD.
        starts: of each page, shape (pages,).
        ends: of each page, shape (pages,).
        tags: hashes of names in lower case, and what each is: INLINE, BREAK, CELL or RAW.
        entities: hashes of names; their code points, shape (names, 2).
        windows_1252: what references to 0x80 to 0x9F mean, shape (32,).

    Returns:
        code points, white space as one space, blocks parted by one line feed; where each page's begin, and their end,
        shape (pages + 1,).
    """
    room = 0
    for page in range(len(starts)):
        room += ends[page] - starts[page]
    out = np.empty(room, np.uint32)
    origins = np.zeros(len(starts) + 1, np.int64)
    tag_names, tag_kinds = tags
    names, values = entities
    pair = np.zeros(2, np.uint32)
    size = np.int64(0)
    for page in range(len(starts)):
        place, end = starts[page], ends[page]
        first = size
        no_double = no_single = end  # from here on there is no such quote
        while place < end:
            byte = np.int64(data[place])
            point = np.int64(0)
            if byte < 128 and byte not in (_LT, _AMP):
                place += 1
                if byte > 32:
                    out[size] = np.uint32(byte)
                    size += 1
                    continue
                point = np.int64(_SPACE) if _space(byte) else byte
            elif byte == _LT:
                following = np.int64(data[place + 1]) if place + 1 < end else np.int64(0)
                closing = following == _SLASH
                if closing:
                    following = np.int64(data[place + 2]) if place + 2 < end else np.int64(0)
                if not _letter(following):
                    if closing or following in (_BANG, _QUESTION):
                        if place + 3 < end and data[place + 2] == _DASH and data[place + 3] == _DASH and not closing:
                            place = _comment_end(data, place + 2, end)
                        else:
                            while place < end and data[place] != _GT:
                                place += 1
                            place += 1
                        continue
                    out[size] = np.uint32(_LT)
                    size += 1
                    place += 1
                    continue
                place += 2 if closing else 1
                key = _SEED
                while place < end:
                    byte = np.int64(data[place])
                    if _space(byte) or byte in (_SLASH, _GT):
                        break
                    key = (key ^ np.uint64(byte | 32 if _letter(byte) else byte)) * _STEP
                    place += 1
                while place < end and data[place] != _GT:
                    if data[place] != _EQUALS:
                        place += 1
                        continue
                    place += 1
                    while place < end and _space(np.int64(data[place])):
                        place += 1
                    if place >= end or (data[place] != _DOUBLE and data[place] != _SINGLE):
                        continue
                    quote = data[place]
                    if place >= (no_double if quote == _DOUBLE else no_single):
                        continue
                    inside = place + 1
                    while inside < end and data[inside] != quote:
                        inside += 1
                    if inside < end:
                        place = inside + 1
                    elif quote == _DOUBLE:
                        no_double = place
                    else:
                        no_single = place
                unfinished = place >= end
                place += 1
                found = look_up(key, tag_names)
                if found < 0:
                    continue
                kind = tag_kinds[found]
                if kind == RAW:
                    if not closing and not unfinished:
                        place = _raw_end(data, place, end, key)
                    continue
                if kind == INLINE:
                    continue
                point = np.int64(_LINE_FEED if kind == BREAK else _SPACE)
            elif byte == _AMP:
                behind = _entity(data, place + 1, end, names, values, pair)
                if behind < 0:
                    out[size] = np.uint32(_AMP)
                    size += 1
                    place += 1
                    continue
                place = behind
                point = np.int64(pair[0])
                if 0x80 <= point <= 0x9F:
                    point = np.int64(windows_1252[point - 0x80])
                if pair[1] > 0:
                    out[size] = np.uint32(point)
                    size += 1
                    point = np.int64(pair[1])
                if point <= 32 and _space(point):
                    point = np.int64(_SPACE)
            else:
                more, point = 1, byte & 0x1F
                if byte >= 0xF0:
                    more, point = 3, byte & 0x07
                elif byte >= 0xE0:
                    more, point = 2, byte & 0x0F
                place += 1
                if byte < 0xC2 or byte > 0xF4:
                    more, point = 0, np.int64(_REPLACEMENT)
                while more > 0:
                    if place >= end or (data[place] & 0xC0) != 0x80:
                        point = np.int64(_REPLACEMENT)
                        break
                    point = point << 6 | (np.int64(data[place]) & 0x3F)
                    place += 1
                    more -= 1
                if 0xD800 <= point <= 0xDFFF or point > _LAST_POINT:
                    point = np.int64(_REPLACEMENT)
            if point == _NO_BREAK:
                point = np.int64(_SPACE)
            if point == _LINE_FEED:
                if size > first and out[size - 1] == _SPACE:
                    size -= 1
                if size > first and out[size - 1] != _LINE_FEED:
                    out[size] = np.uint32(_LINE_FEED)
                    size += 1
            elif point == _SPACE:
                if size > first and out[size - 1] != _SPACE and out[size - 1] != _LINE_FEED:
                    out[size] = np.uint32(_SPACE)
                    size += 1
            else:
                out[size] = np.uint32(point)
                size += 1
        while size > first and (out[size - 1] == _SPACE or out[size - 1] == _LINE_FEED):
            size -= 1
        origins[page + 1] = size
    return out[:size].copy(), origins

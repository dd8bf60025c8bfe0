"""CBOR (RFC 8949), as far as the Smithy protocol uses it. Pure."""

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = range(8)
_INDEFINITE = 31
_FALSE, _TRUE, _NULL, _UNDEFINED = 20, 21, 22, 23
_EPOCH = 1
_BREAK = object()
_WIDTHS = {24: ">B", 25: ">H", 26: ">I", 27: ">Q"}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def encoded(value: Any) -> bytes:
    """A value's bytes; TypeError for one that has no form."""
    for kind, encode in _ENCODERS:
        if isinstance(value, kind):
            return encode(value)
    raise TypeError(f"{type(value).__name__} has no form in CBOR")


def _integer(value: int) -> bytes:
    return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)


def _string(major: int, data: bytes) -> bytes:
    return _head(major, len(data)) + data


def _mapping(value: Mapping[str, Any]) -> bytes:
    return _head(_MAP, len(value)) + b"".join(encoded(one) for entry in value.items() for one in entry)


def _sequence(value: Sequence[Any]) -> bytes:
    return _head(_ARRAY, len(value)) + b"".join(encoded(one) for one in value)


_ENCODERS: Sequence[tuple[type, Callable[[Any], bytes]]] = (
    (type(None), lambda _: bytes([_OTHER << 5 | _NULL])),
    (bool, lambda value: bytes([_OTHER << 5 | (_TRUE if value else _FALSE)])),
    (int, _integer),
    (float, lambda value: b"\xfb" + struct.pack(">d", value)),
    (datetime, lambda value: _head(_TAG, _EPOCH) + encoded(value.timestamp())),
    (bytes, lambda value: _string(_BYTES, value)),
    (str, lambda value: _string(_TEXT, value.encode())),
    (Mapping, _mapping),
    (list, _sequence),
    (tuple, _sequence),
)
"""In this order: a bool is an int too."""


def _head(major: int, number: int) -> bytes:
    if number < min(_WIDTHS):
        return bytes([major << 5 | number])
    for info, width in _WIDTHS.items():
        if number < 1 << 8 * struct.calcsize(width):
            return bytes([major << 5 | info]) + struct.pack(width, number)
    raise TypeError(f"{number} is too large for CBOR")


def decoded(data: bytes) -> Any:
    """The one value that these bytes hold; ValueError when they hold none, or more."""
    try:
        value, end = _item(data, 0)
    except (IndexError, struct.error, RecursionError, UnicodeDecodeError, TypeError) as wrong:
        raise ValueError("not CBOR") from wrong
    if end != len(data) or value is _BREAK:
        raise ValueError("not one value in CBOR")
    return value


def _item(data: bytes, at: int) -> tuple[Any, int]:
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == _OTHER:
        return _other(data, at, info)
    if info == _INDEFINITE:
        return _indefinite(data, at, major)
    number = info
    if info >= min(_WIDTHS):
        width = _WIDTHS.get(info)
        if width is None:
            raise ValueError("not CBOR")
        (number,) = struct.unpack_from(width, data, at)
        at += struct.calcsize(width)
    return _sized(data, at, major, number)


def _sized(data: bytes, at: int, major: int, number: int) -> tuple[Any, int]:
    if major == _UNSIGNED:
        return number, at
    if major == _NEGATIVE:
        return -1 - number, at
    if major in {_BYTES, _TEXT}:
        if at + number > len(data):
            raise ValueError("not CBOR")
        part = data[at : at + number]
        return (part if major == _BYTES else part.decode()), at + number
    if major == _TAG:
        inner, at = _item(data, at)
        return (datetime.fromtimestamp(inner, UTC) if number == _EPOCH else inner), at
    items: list[Any] = []
    for _ in range(number * (2 if major == _MAP else 1)):
        one, at = _item(data, at)
        items.append(one)
    return (_paired(items) if major == _MAP else items), at


def _other(data: bytes, at: int, info: int) -> tuple[Any, int]:
    if info in _FLOATS:
        (number,) = struct.unpack_from(_FLOATS[info], data, at)
        return number, at + struct.calcsize(_FLOATS[info])
    if info == _INDEFINITE:
        return _BREAK, at
    known = {_FALSE: False, _TRUE: True, _NULL: None, _UNDEFINED: None}
    if info not in known:
        raise ValueError("not CBOR")
    return known[info], at


def _indefinite(data: bytes, at: int, major: int) -> tuple[Any, int]:
    items: list[Any] = []
    while True:
        one, at = _item(data, at)
        if one is _BREAK:
            break
        items.append(one)
    if major == _ARRAY:
        return items, at
    if major == _MAP:
        return _paired(items), at
    return (b"" if major == _BYTES else "").join(items), at


def _paired(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))

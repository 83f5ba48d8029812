"""The Arrow PyCapsule protocol, by ctypes alone."""
from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from typing import Any

_NAME = b"arrow_array_stream"


class Stream(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p)
                for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")]


_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
# Prototypes of our own: those of ctypes.pythonapi are shared with everyone else.
_capsule_new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi))
_capsule_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi))
_dying_capsule_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi))

_streams: dict[int, Stream] = {}


def release(stream: Stream) -> None:
    if stream.release:
        _Release(stream.release)(ctypes.addressof(stream))


def _destroy(capsule: int, _streams: dict[int, Stream] = _streams, _pointer: Any = _dying_capsule_pointer,
             _name: bytes = _NAME, _release: Any = release) -> None:
    stream = _streams.pop(_pointer(capsule, _name), None)
    if stream is not None:
        _release(stream)


_destructor = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(_destroy)


def capsule_of(stream: Stream) -> object:
    """A capsule that owns the stream; whoever moves the stream out of it leaves release NULL."""
    address = ctypes.addressof(stream)
    _streams[address] = stream
    return _capsule_new(address, _NAME, ctypes.cast(_destructor, ctypes.c_void_p))


def pointer_in(capsule: object) -> int:
    """The address of the stream in a capsule of another producer."""
    address = _capsule_pointer(capsule, _NAME)
    assert isinstance(address, int)
    return address


# ---- a producer of text columns, for tables that no Arrow library is there to convert

class _Schema(ctypes.Structure):
    _fields_ = [("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
                ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p),
                ("dictionary", ctypes.c_void_p), ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p)]


class _Array(ctypes.Structure):
    _fields_ = [("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
                ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.c_void_p),
                ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p), ("release", ctypes.c_void_p),
                ("private_data", ctypes.c_void_p)]


def _forget_schema(address: int) -> None:
    _Schema.from_address(address).release = None


def _forget_array(address: int) -> None:
    _Array.from_address(address).release = None


def _forget_stream(address: int) -> None:
    Stream.from_address(address).release = None


_callbacks = [_Release(_forget_schema), _Release(_forget_array), _Release(_forget_stream)]
_RELEASE_SCHEMA, _RELEASE_ARRAY, _RELEASE_STREAM = (ctypes.cast(c, ctypes.c_void_p).value for c in _callbacks)
_Get = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_Text = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)


def _pointers(items: Iterable[Any]) -> Any:
    addresses = [None if item is None else ctypes.addressof(item) for item in items]
    return (ctypes.c_void_p * max(len(addresses), 1))(*addresses)


class TextStream:
    """A stream of one record batch of text columns. It owns its memory and must outlive whoever reads it."""

    def __init__(self, names: Sequence[str], columns: Sequence[Sequence[str | None]]) -> None:
        rows = len(columns[0]) if columns else 0
        self._kept: list[object] = []
        self._schemas = [_Schema(format=b"U", name=name.encode(), flags=2, release=_RELEASE_SCHEMA) for name in names]
        self._arrays = [self._column(column) for column in columns]
        self._schema_pointers, self._array_pointers = _pointers(self._schemas), _pointers(self._arrays)
        self._schema = _Schema(format=b"+s", name=b"", n_children=len(names), release=_RELEASE_SCHEMA,
                               children=ctypes.addressof(self._schema_pointers))
        self._array = _Array(length=rows, n_buffers=1, n_children=len(names), buffers=self._keep(_pointers([None])),
                             children=ctypes.addressof(self._array_pointers), release=_RELEASE_ARRAY)
        self._sent = False
        self._functions = [_Get(self._get_schema), _Get(self._get_next), _Text(lambda _: None)]
        get_schema, get_next, get_error = (ctypes.cast(f, ctypes.c_void_p).value for f in self._functions)
        self.stream = Stream(get_schema, get_next, get_error, _RELEASE_STREAM, None)

    def _keep(self, memory: Any) -> int:
        self._kept.append(memory)
        return ctypes.addressof(memory)

    def _column(self, cells: Sequence[str | None]) -> _Array:
        raw = [b"" if cell is None else cell.encode() for cell in cells]
        bits, ends = bytearray(len(raw) // 8 + 1), (ctypes.c_int64 * (len(raw) + 1))()
        for i, cell in enumerate(cells):
            ends[i + 1] = ends[i] + len(raw[i])
            if cell is not None:
                bits[i >> 3] |= 1 << (i & 7)
        parts = [ctypes.create_string_buffer(bytes(bits)), ends, ctypes.create_string_buffer(b"".join(raw))]
        self._kept.append(parts)
        return _Array(length=len(raw), null_count=-1, n_buffers=3, buffers=self._keep(_pointers(parts)),
                      release=_RELEASE_ARRAY)

    def _get_schema(self, _: int, out: int) -> int:
        ctypes.memmove(out, ctypes.addressof(self._schema), ctypes.sizeof(_Schema))
        return 0

    def _get_next(self, _: int, out: int) -> int:
        if self._sent:
            _Array.from_address(out).release = None
        else:
            ctypes.memmove(out, ctypes.addressof(self._array), ctypes.sizeof(_Array))
        self._sent = True
        return 0

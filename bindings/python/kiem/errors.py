"""C errors as exceptions with the same text, and handles that free themselves."""
from __future__ import annotations

import ctypes
from typing import Any

from . import _ffi
from ._load import lib

LANGUAGES = {"vi": _ffi.KIEM_LANG_VI, "en": _ffi.KIEM_LANG_EN}


class KiemError(Exception):
    """A call failed. `file`, `row`, `column` tell where, when that is known (else "" and 0)."""

    def __init__(self, message: str, status: int = _ffi.KIEM_E_INTERNAL, file: str = "", row: int = 0,
                 column: int = 0) -> None:
        super().__init__(message, status, file, row, column)
        self.message, self.status, self.file, self.row, self.column = message, status, file, row, column

    def __str__(self) -> str:
        return self.message

    def message_in(self, lang: str) -> str:
        """The message as a reader of "vi" or "en" wants it; str() is English."""
        text = self.message.removeprefix(_place(self.file, self.row, self.column, "en"))
        return _place(self.file, self.row, self.column, lang) + message_in(text, lang)


class InputError(KiemError, ValueError):
    """An input could not be opened or is not what it should be."""


class PolicyError(KiemError, ValueError):
    """A rule or a reference table has an error."""


class StateError(KiemError, ValueError):
    """A saved state is damaged, foreign or does not fit."""


class ArgumentError(KiemError, ValueError):
    """An argument is out of its bounds, or a name is not known."""


class BusyError(KiemError, RuntimeError):
    """The object is in use by another call: a thread's, or one that called back."""


def _place(file: str, row: int, column: int, lang: str) -> str:
    """What stands before a message: "claims.csv, row 3, column 4: "."""
    words = ("dòng", "cột") if lang == "vi" else ("row", "column")
    parts = [file, f"{words[0]} {row}" if row else "", f"{words[1]} {column}" if column else ""]
    place = ", ".join(part for part in parts if part)
    return place + ": " if place else ""


def message_in(message: str, lang: str) -> str:
    """A message of kiem in "vi" or "en"; other texts stay as they are."""
    if lang not in LANGUAGES:
        raise ValueError(f"lang is 'vi' or 'en', not {lang!r}")
    buffer = ctypes.create_string_buffer(4096)
    lib.kiem_message_in(LANGUAGES[lang], message.encode(), buffer, len(buffer))
    return buffer.value.decode()


_KINDS: dict[int, type[KiemError]] = {
    _ffi.KIEM_E_IO: InputError, _ffi.KIEM_E_FORMAT: InputError, _ffi.KIEM_E_POLICY: PolicyError,
    _ffi.KIEM_E_STATE: StateError, _ffi.KIEM_E_ARGUMENT: ArgumentError, _ffi.KIEM_E_NOT_FOUND: ArgumentError,
    _ffi.KIEM_E_BUSY: BusyError,
}


class Handle:
    """A C object that is freed with its Python owner."""

    def __init__(self, free: Any) -> None:
        self.value = ctypes.c_void_p()
        self.needs: object = None  # what must live until then
        self._free = free

    def __del__(self) -> None:
        self._free(self.value)


class ErrorSink:
    """The error object to pass last, and the check of a status."""

    def __init__(self) -> None:
        self._owner = Handle(lib.kiem_error_free)
        if lib.kiem_error_new(None, ctypes.byref(self._owner.value)) != _ffi.KIEM_OK:
            raise MemoryError

    @property
    def handle(self) -> ctypes.c_void_p:
        return self._owner.value

    def check(self, status: int) -> None:
        if status != _ffi.KIEM_OK:
            raise self.exception(status)

    def exception(self, status: int) -> Exception:
        if status == _ffi.KIEM_E_NOMEM:
            return MemoryError()
        message = (lib.kiem_error_message(self.handle) or lib.kiem_status_sentence(status)).decode(errors="replace")
        file = lib.kiem_error_file(self.handle).decode(errors="replace")
        row, column = lib.kiem_error_line(self.handle), lib.kiem_error_column(self.handle)
        return _KINDS.get(status, KiemError)(_place(file, row, column, "en") + message, status, file, row, column)

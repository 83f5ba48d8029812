"""C errors as exceptions with the same text."""
import ctypes

from . import _ffi
from ._load import lib


class KiemError(Exception):
    """A call failed. `file`, `row`, `column` tell where, when that is known (else "" and 0)."""

    def __init__(self, message, status, file, row, column):
        super().__init__(message)
        self.status, self.file, self.row, self.column = status, file, row, column


class InputError(KiemError, ValueError):
    """An input could not be opened or is not what it should be."""


class PolicyError(KiemError, ValueError):
    """A rule or a reference table has an error."""


_KINDS = {_ffi.KIEM_E_IO: InputError, _ffi.KIEM_E_FORMAT: InputError, _ffi.KIEM_E_POLICY: PolicyError}


class ErrorSink:
    """The error object to pass last, and the check of a status."""

    def __init__(self):
        self.handle = ctypes.c_void_p()
        if lib.kiem_error_new(None, ctypes.byref(self.handle)) != _ffi.KIEM_OK:
            raise MemoryError

    def check(self, status):
        if status == _ffi.KIEM_OK:
            return
        if status == _ffi.KIEM_E_NOMEM:
            raise MemoryError
        message = lib.kiem_error_message(self.handle).decode() or lib.kiem_status_sentence(status).decode()
        file = lib.kiem_error_file(self.handle).decode()
        row, column = lib.kiem_error_line(self.handle), lib.kiem_error_column(self.handle)
        place = "".join([file, f", row {row}" if row else "", f", column {column}" if column else ""])
        raise _KINDS.get(status, KiemError)(f"{place}: {message}" if place else message, status, file, row, column)

    def __del__(self):
        lib.kiem_error_free(self.handle)

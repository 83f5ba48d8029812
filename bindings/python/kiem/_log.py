"""What the library tells while it works goes to the logger "kiem": what may not be as meant is a warning, the rest is info."""
from __future__ import annotations

import ctypes
import logging

from ._ffi import KIEM_LOG_INFO
from ._load import lib

_logger = logging.getLogger("kiem")
_WRITE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p)


class _LogSink(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("user", ctypes.c_void_p), ("level", ctypes.c_int32),
                ("reserved", ctypes.c_int32), ("write", _WRITE)]


def _write(_: int | None, level: int, message: bytes) -> None:
    _logger.log(level, "%s", message.decode("utf-8", "replace"))


_pointer = _WRITE(_write)
_sink = _LogSink(struct_size=ctypes.sizeof(_LogSink), level=KIEM_LOG_INFO, write=_pointer)
env = ctypes.c_void_p()
if lib.kiem_env_new(None, ctypes.byref(_sink), ctypes.byref(env)):
    raise MemoryError("kiem_env_new")

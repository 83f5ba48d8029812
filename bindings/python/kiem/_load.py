"""Finds and loads the shared library."""
from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

from . import _ffi


def _candidates() -> Iterator[str]:
    if "KIEM_LIBRARY" in os.environ:
        yield os.environ["KIEM_LIBRARY"]
        return
    here = Path(__file__).resolve().parent
    yield str(here / "libkiem.so.1")  # carried by the package
    for parent in here.parents:  # a source checkout
        for preset in ("release", "dev"):
            yield str(parent / "build" / preset / "lib" / "libkiem.so.1")
    yield "libkiem.so.1"


def load() -> ctypes.CDLL:
    tried = []
    for path in _candidates():
        if "/" in path and not os.path.exists(path):
            continue
        try:
            library = ctypes.CDLL(path)
        except OSError as failure:
            tried.append(str(failure))
            continue
        try:
            _ffi.declare(library)
        except AttributeError as lacking:
            tried.append(f"{path} is older than this package, or another library: {lacking}")
            continue
        version = library.kiem_version()
        if version // 100 == _ffi.HEADER_VERSION // 100:
            return library
        tried.append(f"{path} is version {version}, this package needs {_ffi.HEADER_VERSION}")
    raise ImportError("libkiem.so.1 was not found; build kiem, or set KIEM_LIBRARY to its path. " + "; ".join(tried))


lib = load()

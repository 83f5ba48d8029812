"""What users hold, turned into what the library reads: paths, byte streams, Arrow streams, CSV text."""
from __future__ import annotations

import csv
import ctypes
import datetime
import io
import os
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from . import _arrow, _ffi
from ._load import lib
from .errors import ErrorSink, Handle, InputError

_VIET_NAM = datetime.timedelta(hours=7)
_READ = _ffi.FUNCTIONS["kiem_job_add_stream"][1][3]


def whole_text(value: object) -> bytes:
    """A path or option as the library takes it: up to the first NUL, so it may have none."""
    text = os.fsencode(value if isinstance(value, (str, bytes, os.PathLike)) else str(value))
    if b"\0" in text:
        raise ValueError("embedded null character")
    return text


def is_many(value: object) -> bool:
    """A list or tuple of inputs, as against one input."""
    return isinstance(value, (list, tuple)) and not (value and isinstance(value[0], Mapping))


def _is_missing(value: object) -> bool:
    """NaN and NaT are not themselves, and pandas.NA does not tell."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def text_of(value: object) -> str | None:
    """A Python value as a field of a claims file would show it; None for a missing one."""
    if isinstance(value, str):
        return value
    if isinstance(value, (Iterable, datetime.timedelta)):  # bytes, lists, dicts, arrays
        raise TypeError(f"a field is text, a number or a date, not {type(value).__name__}")
    if _is_missing(value):
        return None
    if type(value).__name__ == "datetime64":
        value = value.astype("datetime64[s]").item()  # type: ignore[attr-defined]
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return "1" if value else "0"
    if isinstance(value, datetime.datetime):
        if value.utcoffset() not in (None, _VIET_NAM):
            raise ValueError("a time with a zone other than that of Viet Nam: give the local time of the record")
        return value.strftime("%Y%m%d%H%M")
    if isinstance(value, datetime.date):
        return value.strftime("%Y%m%d")
    if isinstance(value, Decimal):
        return format(value, "f")
    text = str(value)
    if isinstance(value, float) or type(value).__name__ in ("float16", "float32"):
        number = float(text)
        if number.is_integer():
            return str(int(number))
        return format(Decimal(f"{number:.15g}" if abs(number) < 1e13 else repr(number)), "f")  # 0.1 + 0.2 is 0.3
    return text


def _iso(value: object) -> str:
    if isinstance(value, datetime.date) and not _is_missing(value):
        return value.isoformat()[:10]
    return text_of(value) or ""


def _fetched(value: Any) -> Any:
    """A table that is not at hand yet and cannot be streamed either, brought here."""
    if hasattr(value, "__arrow_c_stream__"):
        return value
    if hasattr(value, "toPandas"):  # Spark before 4.3
        return value.toArrow() if hasattr(value, "toArrow") else value.toPandas()
    if hasattr(value, "collect"):  # a lazy Polars frame
        return value.collect()
    if hasattr(value, "fetch_record_batch"):  # an older DuckDB relation, or a connection after execute
        return value.fetch_record_batch()
    if hasattr(value, "to_arrow_reader"):  # such a connection since DuckDB 2
        return value.to_arrow_reader()
    if hasattr(value, "scanner"):  # a pyarrow dataset
        return value.scanner().to_reader()
    return value


def _rows_of(value: Any) -> tuple[list[str], Iterable[Iterable[object]]]:
    """Names and rows of a table held by one of the usual libraries, or of a list of dicts."""
    if isinstance(value, (list, tuple)):
        for row in value:
            if not isinstance(row, Mapping):
                raise TypeError(f"a row of a list is a dict of fields, not {type(row).__name__}")
        names = list(dict.fromkeys(name for row in value for name in row))
        return names, [[row.get(name) for name in names] for row in value]
    if isinstance(value, Mapping):
        return list(value), zip(*value.values())
    if hasattr(value, "itertuples"):  # pandas
        return [str(name) for name in value.columns], value.itertuples(index=False, name=None)
    if hasattr(value, "iter_rows"):  # Polars
        return list(value.columns), value.iter_rows()
    if hasattr(value, "fetchall") and hasattr(value, "columns"):  # a DuckDB relation, not its connection
        return list(value.columns), value.fetchall()
    fetched = _fetched(value)
    if fetched is not value:
        return _rows_of(fetched)
    if not hasattr(value, "to_pylist") and hasattr(value, "__arrow_c_stream__"):
        import pyarrow
        value = pyarrow.table(value)
    if hasattr(value, "to_pylist"):  # pyarrow
        return _rows_of(value.to_pylist()) if len(value) else ([str(name) for name in value.schema.names], [])
    raise TypeError(f"a table is a path, bytes, a file, a DataFrame or a list of dicts, not {type(value).__name__}")


def csv_of(value: Any, name: str) -> tuple[str, bytes]:
    """Name and bytes of a small table (rules, reference tables, budgets) as CSV."""
    if isinstance(value, (str, os.PathLike)):
        try:
            with open(value, "rb") as file:
                return os.fspath(value), file.read()
        except OSError as failure:
            raise InputError(f"{os.fspath(value)}: {failure.strerror}", _ffi.KIEM_E_IO, os.fspath(value)) from failure
    if isinstance(value, (bytes, bytearray, memoryview)):
        return name, bytes(value)
    if hasattr(value, "read"):
        content = value.read()
        return name, content.encode() if isinstance(content, str) else content
    names, rows = _rows_of(value)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_iso(cell) for cell in row])
    return name, out.getvalue().encode()


def _reader(value: Any) -> Callable[[int], bytes]:
    """A function that gives the next bytes of bytes or of a file, at most so many."""
    if not hasattr(value, "read"):
        view, at = memoryview(value).cast("B"), 0

        def slice_of(size: int) -> bytes:
            nonlocal at
            at += size
            return bytes(view[at - size:at])
        return slice_of
    left = b""

    def read(size: int) -> bytes:
        nonlocal left
        if not left:
            chunk = value.read(size)
            if not isinstance(chunk, (str, bytes, bytearray, memoryview, type(None))):
                raise TypeError(f"read() of an input gives bytes or text, not {type(chunk).__name__}")
            left = chunk.encode() if isinstance(chunk, str) else bytes(chunk or b"")
        taken, left = left[:size], left[size:]
        return taken
    return read


class Feed:
    """The inputs of one job. It keeps what they are read from, and the exception a callback met."""

    def __init__(self, job: Handle) -> None:
        self._job, self._sink = job.value, ErrorSink()
        job.needs = self  # the job may release a stream as late as when it is freed
        self._kept: list[object] = []
        self._names: dict[str, int] = {}
        self.failure: BaseException | None = None

    def _name(self, role: str) -> bytes:
        number = self._names[role] = self._names.get(role, 0) + 1
        return (role if number == 1 else f"{role}_{number}").encode()

    def keep(self, value: object) -> None:
        """Keeps what the job calls: after a second Ctrl-C it may still run when its caller has gone."""
        self._kept.append(value)

    def close(self) -> None:
        """Lets go of inputs that have been read."""
        self._kept.clear()

    def add(self, role: str, value: Any) -> None:
        """Adds one input of a role."""
        if isinstance(value, str) and ("\n" in value or "\r" in value):  # not to be shown as the name of a file
            raise TypeError("a str is a path: give the text of a file as bytes or io.StringIO")
        if isinstance(value, (str, os.PathLike)):
            path = whole_text(value)
            self._sink.check(lib.kiem_job_add_file(self._job, role.encode(), path, self._sink.handle))
        elif isinstance(value, (bytes, bytearray, memoryview)) or hasattr(value, "read"):
            self._add_bytes(role, value)
        elif role == "budgets":
            self._add_bytes(role, csv_of(value, role)[1])
        else:
            self._add_table(role, value)

    def _add_bytes(self, role: str, value: Any) -> None:
        read = _reader(value)

        def callback(_: int | None, buffer: int, size: int) -> int:
            try:
                chunk = read(size)
                ctypes.memmove(buffer, chunk, len(chunk))
                return len(chunk)
            except BaseException as failure:
                self.failure = failure
                return -1
        pointer = _READ(callback)
        self._kept += [pointer, value]
        path = getattr(value, "name", None)
        name = os.fsencode(path) if isinstance(path, str) and path else self._name(role)
        self._sink.check(lib.kiem_job_add_stream(self._job, role.encode(), name, pointer, None, self._sink.handle))

    def _add_table(self, role: str, value: Any) -> None:
        value = _fetched(value)
        pointer = self._text_stream(value)
        if not pointer:
            capsule = value.__arrow_c_stream__()
            pointer = _arrow.pointer_in(capsule)
            self._kept += [value, capsule]
        self._sink.check(lib.kiem_job_add_arrow(self._job, role.encode(), self._name(role), pointer, self._sink.handle))

    def _text_stream(self, value: Any) -> int:
        """The address of a stream for what has none: lists of dicts, pandas without pyarrow or with mixed objects."""
        if hasattr(value, "__arrow_c_stream__") and not hasattr(value, "itertuples"):
            return 0
        try:
            capsule = value.__arrow_c_stream__()
        except Exception:
            names, rows = _rows_of(value)
            cells = [[text_of(cell) for cell in row] for row in rows]
            made = _arrow.TextStream(names, list(map(list, zip(*cells))) if cells else [[] for _ in names])
            self._kept.append(made)
            return ctypes.addressof(made.stream)
        self._kept += [value, capsule]
        return _arrow.pointer_in(capsule)

"""Result tables: columns by name."""
from __future__ import annotations

import ctypes
import datetime
import html
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import _arrow
from ._load import lib
from .errors import ErrorSink

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_EPOCH = datetime.date(1970, 1, 1)
_SHOWN_ROWS, _SHOWN_WIDTH, _LINE = 10, 40, 120


def _date(days: int) -> datetime.date:
    return _EPOCH + datetime.timedelta(days=days)


def _money(value: int) -> Decimal:
    return Decimal(value).scaleb(-2)


def _ratio(value: int) -> float:
    return value / 1e6


_CONVERT: dict[str, Any] = {"l": int, "b": bool, "tdD": _date, "d:18,2": _money, "d:18,6": _ratio}


class Table:
    """An immutable table. It keeps alive whatever its memory belongs to.

    Columns by name: `table["rule"]` is a list of texts, ints, bools, dates, money as Decimal, ratios as float, None
    for NULL. Any library that knows Arrow takes the table as it is: `polars.DataFrame(table)`, `pyarrow.table(table)`.
    """

    def __init__(self, handle: ctypes.c_void_p, owner: object) -> None:
        self._handle = handle
        self._owner = owner
        self.name: str = lib.kiem_table_name(handle).decode()
        count = lib.kiem_table_columns(handle)
        self.columns: list[str] = [lib.kiem_table_column_name(handle, i).decode() for i in range(count)]
        self._formats: list[str] = [lib.kiem_table_column_format(handle, i).decode() for i in range(count)]

    def __len__(self) -> int:
        return int(lib.kiem_table_rows(self._handle))

    # ---- plain columns

    def _arrays(self, column: int) -> tuple[int, int, int]:
        """Addresses of bytes (0 when not text), values or offsets, validity."""
        data, values, validity = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        if self._formats[column] == "u":
            lib.kiem_table_texts(self._handle, column, ctypes.byref(data), ctypes.byref(values), ctypes.byref(validity))
        else:
            lib.kiem_table_values(self._handle, column, ctypes.byref(values), ctypes.byref(validity))
        return data.value or 0, values.value or 0, validity.value or 0

    def _known(self, validity: int) -> list[bool]:
        bits = ctypes.string_at(validity, (len(self) + 7) // 8)
        return [bool(bits[i >> 3] >> (i & 7) & 1) for i in range(len(self))]

    def _values(self, column: int) -> list[Any]:
        data, values, validity = self._arrays(column)
        known = self._known(validity)
        if self._formats[column] == "u":
            ends = (ctypes.c_int64 * (len(self) + 1)).from_address(values)
            text = ctypes.string_at(data, ends[len(self)])
            return [text[ends[i]:ends[i + 1]].decode() if known[i] else None for i in range(len(self))]
        numbers, convert = (ctypes.c_int64 * len(self)).from_address(values), _CONVERT[self._formats[column]]
        return [convert(numbers[i]) if known[i] else None for i in range(len(self))]

    def __getitem__(self, name: str) -> list[Any]:
        """The column of that name as a list; ASCII case does not matter."""
        column = lib.kiem_table_find(self._handle, name.encode())
        if column < 0:
            raise KeyError(f"{self.name} has no column {name!r}; its columns are {', '.join(self.columns)}")
        return self._values(column) if len(self) else []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Rows as dicts."""
        columns = [self[name] for name in self.columns]
        for values in zip(*columns):
            yield dict(zip(self.columns, values))

    def to_dict(self) -> dict[str, list[Any]]:
        """Columns as lists, as of table["name"]."""
        return {name: self[name] for name in self.columns}

    # ---- other libraries

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table as an Arrow stream that outlives it. The schema is always the table's own."""
        stream, sink = _arrow.Stream(), ErrorSink()
        sink.check(lib.kiem_table_export_arrow(self._handle, ctypes.byref(stream), sink.handle))
        return _arrow.capsule_of(stream)

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow table: money decimal128(18, 2), ratios decimal128(18, 6), dates date32."""
        import pyarrow
        return pyarrow.table(self)

    def to_polars(self) -> polars.DataFrame:
        """A Polars frame: money Decimal(18, 2), ratios Decimal(18, 6), dates Date."""
        import polars
        return polars.DataFrame(self)

    def to_pandas(self, exact: bool = True) -> pandas.DataFrame:
        """A DataFrame. Money is Decimal (dtype object), or with exact=False float64; ratios are float64, dates datetime64;
        whole numbers and truth values are Int64 and boolean where one is missing, else int64 and bool."""
        import pandas
        return pandas.DataFrame({name: self._series(i, exact) for i, name in enumerate(self.columns)},
                                columns=self.columns)

    def _series(self, column: int, exact: bool) -> Any:
        import numpy
        import pandas
        kind = self._formats[column]
        if kind == "u" or (kind == "d:18,2" and exact) or not len(self):
            plain = {"l": "Int64", "b": "boolean", "d:18,6": "float64", "tdD": "datetime64[s]"}
            return pandas.Series(self._values(column) if len(self) else [], dtype=plain.get(kind, "object"))
        _, address, validity = self._arrays(column)
        values = numpy.ctypeslib.as_array((ctypes.c_int64 * len(self)).from_address(address)).copy()
        bits = numpy.frombuffer(ctypes.string_at(validity, (len(self) + 7) // 8), dtype=numpy.uint8)
        missing = numpy.unpackbits(bits, count=len(self), bitorder="little") == 0
        if kind == "tdD":
            days = values.astype("datetime64[D]").astype("datetime64[s]")
            days[missing] = numpy.datetime64("NaT")
            return days
        if kind in ("l", "b"):
            if not missing.any():
                return values != 0 if kind == "b" else values
            array = pandas.arrays.BooleanArray if kind == "b" else pandas.arrays.IntegerArray
            return array(values != 0 if kind == "b" else values, missing)
        return numpy.where(missing, numpy.nan, values / (100 if kind == "d:18,2" else 1e6))

    # ---- looking at it

    def _cell(self, row: int, column: int) -> str:
        length, room = ctypes.c_size_t(), ctypes.create_string_buffer(256)
        while lib.kiem_table_cell(self._handle, row, column, room, len(room), ctypes.byref(length)) != 0:
            if length.value < len(room):
                raise MemoryError
            room = ctypes.create_string_buffer(length.value + 1)
        return room.raw[:length.value].decode()

    def _shown(self, width: int) -> list[list[str]]:
        def cut(text: str) -> str:
            text = " ".join(text.split())
            return text if len(text) <= width else text[:width - 1] + "…"
        return [[cut(self._cell(row, column)) for column in range(len(self.columns))]
                for row in range(min(len(self), _SHOWN_ROWS))]

    def __repr__(self) -> str:
        title = f"<kiem table {self.name}: {len(self):,} rows × {len(self.columns)} columns>"
        rows = self._shown(_SHOWN_WIDTH)
        if not rows:
            return f"{title}\n{', '.join(self.columns)}"
        lines = [""] * (len(rows) + 1)
        for i, name in enumerate(self.columns):
            cells = [name] + [row[i] for row in rows]
            width = max(map(len, cells))
            right = self._formats[i] != "u"
            if i and len(lines[0]) + width + 2 > _LINE:
                lines = [line + "  …" for line in lines]
                break
            lines = [line + ("  " if i else "") + (cell.rjust(width) if right else cell.ljust(width))
                     for line, cell in zip(lines, cells)]
        more = [f"… {len(self) - len(rows):,} more"] if len(self) > len(rows) else []
        return "\n".join([title] + [line.rstrip() for line in lines] + more)

    def _repr_html_(self) -> str:
        def line(tag: str, cells: list[str]) -> str:
            styles = ["left" if kind == "u" else "right" for kind in self._formats]
            return "<tr>" + "".join(f'<{tag} style="text-align:{style}">{html.escape(cell)}</{tag}>'
                                    for style, cell in zip(styles, cells)) + "</tr>"
        body = "".join(line("td", row) for row in self._shown(2 * _SHOWN_WIDTH))
        caption = f"{html.escape(self.name)}: {len(self):,} rows"
        return (f"<table><caption>{caption}</caption><thead>{line('th', self.columns)}</thead>"
                f"<tbody>{body}</tbody></table>")

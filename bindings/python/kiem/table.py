"""Result tables: columns by name."""
import ctypes
import datetime
from decimal import Decimal

from . import _ffi
from ._load import lib

_EPOCH = datetime.date(1970, 1, 1)


class Table:
    """An immutable table. It keeps alive whatever its memory belongs to."""

    def __init__(self, handle, owner):
        self._handle = handle
        self._owner = owner
        self.name = lib.kiem_table_name(handle).decode()
        count = lib.kiem_table_columns(handle)
        self.columns = [lib.kiem_table_column_name(handle, i).decode() for i in range(count)]
        self._formats = [lib.kiem_table_column_format(handle, i).decode() for i in range(count)]

    def __len__(self):
        return lib.kiem_table_rows(self._handle)

    def __repr__(self):
        return f"<kiem table {self.name}: {len(self)} rows, columns {', '.join(self.columns)}>"

    def _validity(self, address):
        size = (len(self) + 7) // 8
        return (ctypes.c_uint8 * size).from_address(address) if size else b""

    def _known(self, address):
        bits = self._validity(address)
        return [bool(bits[i >> 3] >> (i & 7) & 1) for i in range(len(self))]

    def _texts(self, column):
        data, offsets, validity = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        lib.kiem_table_texts(self._handle, column, ctypes.byref(data), ctypes.byref(offsets), ctypes.byref(validity))
        ends = (ctypes.c_int64 * (len(self) + 1)).from_address(offsets.value)
        text = ctypes.string_at(data.value, ends[len(self)])
        known = self._known(validity.value)
        return [text[ends[i]:ends[i + 1]].decode() if known[i] else None for i in range(len(self))]

    def _numbers(self, column):
        values, validity = ctypes.c_void_p(), ctypes.c_void_p()
        lib.kiem_table_values(self._handle, column, ctypes.byref(values), ctypes.byref(validity))
        numbers = (ctypes.c_int64 * len(self)).from_address(values.value)
        known = self._known(validity.value)
        convert = {"l": int, "b": bool, "tdD": lambda v: _EPOCH + datetime.timedelta(days=v),
                   "d:18,2": lambda v: Decimal(v).scaleb(-2), "d:18,6": lambda v: v / 1e6}[self._formats[column]]
        return [convert(numbers[i]) if known[i] else None for i in range(len(self))]

    def __getitem__(self, name):
        """A column as a list: texts, ints, bools, dates, money as Decimal, ratios as float; None for NULL."""
        column = lib.kiem_table_find(self._handle, name.encode())
        if column < 0:
            raise KeyError(name)
        if not len(self):
            return []
        return self._texts(column) if self._formats[column] == "u" else self._numbers(column)

    def to_dict(self):
        return {name: self[name] for name in self.columns}

    def to_pandas(self):
        import pandas
        return pandas.DataFrame(self.to_dict(), columns=self.columns)

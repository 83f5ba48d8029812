"""What was learned from claims: patient history, to be kept, merged and used later."""
from __future__ import annotations

import contextlib
import ctypes
import os
import tempfile
from typing import Any

from . import _ffi
from ._load import lib
from .errors import ErrorSink, Handle
from .inputs import Feed, is_many
from .run import aside, new_job, run

_WRITE = _ffi.FUNCTIONS["kiem_state_save"][1][1]
_READ = _ffi.FUNCTIONS["kiem_state_load"][1][1]


class State:
    """Patient history learned from claims. It holds card and citizen numbers: keep it as safe as the claims.

    One call at a time: a second one meanwhile is a BusyError. A judge wants the state again (a new Judge) after it has
    learned. States learned from the same sources, in any order and by any merging, have the same bytes.
    """

    def __init__(self) -> None:
        sink, self._owner = ErrorSink(), Handle(lib.kiem_state_free)
        sink.check(lib.kiem_state_new(None, ctypes.byref(self._owner.value), sink.handle))

    @property
    def handle(self) -> ctypes.c_void_p:
        return self._owner.value

    @property
    def claims(self) -> int:
        """How many claims it has learned of known persons and times of admission."""
        return int(lib.kiem_state_claims(self.handle))

    def learn(self, claims: Any, *, again: bool = False, decimal_comma: bool = False, threads: int | None = None) -> int:
        """Learns claims, given as for kiem.check, and returns by how many `claims` grew. What it has learned already is refused
        unless `again` is true: a file is known by its bytes, a table by its rows in any order (but not one by the other)."""
        before = self.claims
        job = new_job(None, {"decimal_comma": "1" if decimal_comma else "0", "threads": threads, "keep": "small"})
        feed = Feed(job)
        for one in claims if is_many(claims) else [claims]:
            feed.add("claims", one)
        run(lambda error: lib.kiem_job_learn(job.value, self.handle, int(bool(again)), error), job, feed)
        feed.close()
        return self.claims - before

    def merge(self, other: State, *, again: bool = False) -> None:
        """Adds what another state has learned; one that has learned a source of this one is refused unless `again` is true."""
        sink = ErrorSink()
        sink.check(lib.kiem_state_merge(self.handle, other.handle, int(bool(again)), sink.handle))

    def to_bytes(self) -> bytes:
        """What save writes; it holds card and citizen numbers."""
        sink, parts, failures = ErrorSink(), [], []

        def write(_: int | None, start: int, size: int) -> int:
            try:
                parts.append(ctypes.string_at(start, size))
                return 0
            except MemoryError as failure:
                failures.append(failure)
                return 1
        status = aside(lambda: lib.kiem_state_save(self.handle, _WRITE(write), None, sink.handle))
        if failures:
            raise failures[0]
        sink.check(status)
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> State:
        """The state of to_bytes; StateError when the bytes are damaged or no state."""
        sink, state, at, failures = ErrorSink(), cls.__new__(cls), 0, []
        state._owner, data = Handle(lib.kiem_state_free), memoryview(data).cast("B")

        def read(_: int | None, room: int, size: int) -> int:
            nonlocal at
            try:
                piece = bytes(data[at:at + size])
                ctypes.memmove(room, piece, len(piece))
                at += len(piece)
                return len(piece)
            except MemoryError as failure:
                failures.append(failure)
                return -1
        status = aside(lambda: lib.kiem_state_load(None, _READ(read), None, ctypes.byref(state._owner.value), sink.handle))
        if failures:
            raise failures[0]
        sink.check(status)
        return state

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file that only its owner can read; a file of that name is replaced when all is written."""
        whole = self.to_bytes()
        part = tempfile.NamedTemporaryFile(prefix=os.path.basename(path) + ".", suffix=".part",
                                           dir=os.path.dirname(os.path.abspath(path)), delete=False)  # of mode 0600
        try:
            with part:
                part.write(whole)
                part.flush()
                os.fsync(part.fileno())
            os.replace(part.name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part.name)
            raise

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> State:
        """The state that save, or kiem learn, has written."""
        with open(path, "rb") as file:
            return cls.from_bytes(file.read())

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return State.from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        return f"<kiem state: {self.claims:,} claims learned>"

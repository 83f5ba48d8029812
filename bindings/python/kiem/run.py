"""How a job of the library is made and run, for checking and for learning."""
from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ._load import lib
from ._log import env
from .errors import ErrorSink, Handle
from .inputs import Feed, whole_text


def new_job(policy: ctypes.c_void_p | None, options: Mapping[str, object]) -> Handle:
    """A job with these options; those that are None keep their defaults."""
    sink, job = ErrorSink(), Handle(lib.kiem_job_free)
    sink.check(lib.kiem_job_new(env, policy, ctypes.byref(job.value), sink.handle))
    for name, value in options.items():
        if value is not None:
            sink.check(lib.kiem_job_set(job.value, name.encode(), whole_text(value), sink.handle))
    return job


def aside(call: Callable[[], int], stop: Callable[[], object] = lambda: None) -> int:
    """What a call of the library gives. In the main thread another one does the work: there alone Ctrl-C strikes, is heard at
    once, and would inside a callback only be printed by ctypes, with the callback's answer lost. stop: asks the call to end."""
    outcome: list[int] = []
    failure: list[BaseException] = []
    late, done = threading.Event(), threading.Event()

    def work() -> None:
        try:
            if not late.is_set():
                outcome.append(call())
        except BaseException as met:
            failure.append(met)
        finally:
            done.set()
    if threading.current_thread() is not threading.main_thread():
        return call()
    worker = threading.Thread(target=work, name="kiem")
    try:
        worker.start()
        done.wait()  # not join: in Python 3.11 a join that Ctrl-C interrupts takes the thread for ended
    except BaseException:
        late.set()
        if worker.ident is not None:  # else it has not begun, and will see that it is late
            stop()
            done.wait()
        raise
    if failure:
        raise failure[0]
    return outcome[0]


def run(call: Callable[[Any], int], job: Handle, feed: Feed) -> None:
    """Runs a job by a call of the library, which gets the error object."""
    sink = ErrorSink()
    status = aside(lambda: call(sink.handle), lambda: lib.kiem_job_cancel(job.value))
    if feed.failure is not None:
        raise feed.failure
    sink.check(status)

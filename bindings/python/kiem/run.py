"""How a job of the library is made and run, for checking and for learning."""
from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ._load import lib
from ._log import env
from .errors import ErrorSink, Handle
from .inputs import Feed


def new_job(policy: ctypes.c_void_p | None, options: Mapping[str, object]) -> Handle:
    """A job with these options; those that are None keep their defaults."""
    sink, job = ErrorSink(), Handle(lib.kiem_job_free)
    sink.check(lib.kiem_job_new(env, policy, ctypes.byref(job.value), sink.handle))
    for name, value in options.items():
        if value is not None:
            sink.check(lib.kiem_job_set(job.value, name.encode(), os.fsencode(str(value)), sink.handle))
    return job


def run(call: Callable[[Any], int], job: Handle, feed: Feed) -> None:
    """Runs a job by a call of the library, which gets the error object. In the main thread another one does the work, so that Ctrl-C is heard at once."""
    sink, outcome, done = ErrorSink(), [], threading.Event()

    def work() -> None:
        try:
            outcome.append(call(sink.handle))
        finally:
            done.set()
    if threading.current_thread() is threading.main_thread():
        worker = threading.Thread(target=work, name="kiem")
        worker.start()
        try:
            done.wait()  # not join: in Python 3.11 a join that Ctrl-C interrupts takes the thread for ended
        except BaseException:
            lib.kiem_job_cancel(job.value)
            done.wait()
            raise
    else:
        work()
    if feed.failure is not None:
        raise feed.failure
    sink.check(outcome[0])

"""How unusual the rows of any numeric matrix are, with the conventions of PyOD. Needs numpy."""
from __future__ import annotations

import ctypes
import os
from typing import Any

from . import _ffi
from ._load import lib
from .errors import ErrorSink


def _matrix(X: Any, columns: Any = None) -> Any:
    """X as rows of float32 or float64, each row contiguous."""
    import numpy
    values = numpy.asarray(X)
    if values.dtype != numpy.float32:
        values = values.astype(numpy.float64, copy=False)
    if values.ndim != 2:
        raise ValueError(f"X has {values.ndim} dimensions, 2 are needed")
    aligned = values.flags.aligned and values.strides[0] % values.itemsize == 0
    if not aligned or (values.strides[1] != values.itemsize and values.shape[1] > 1):
        values = numpy.require(values, requirements=["C", "A"])
    return values


def _arguments(values: Any) -> Any:
    kind = _ffi.KIEM_FLOAT32 if values.itemsize == 4 else _ffi.KIEM_FLOAT64
    return values.ctypes.data, kind, values.shape[0], values.shape[1], values.strides[0]


class _Model:
    """The C object, freed with its owner."""

    def __init__(self) -> None:
        self.handle = ctypes.c_void_p()

    def __del__(self) -> None:
        lib.kiem_outlier_free(self.handle)


class OutlierScorer:
    """Scores rows of a matrix by how unusual they are: higher is more unusual.

    contamination: share of rows that `predict` and `labels_` should mark (PyOD's meaning)
    seed:          chooses the sample and the reference rows
    tails:         "auto", "both" or "upper" (only excess is odd), or a list with one of them for each column
    instructions:  "best", "portable", "avx2", "avx512"; all give the same bits
    """

    def __init__(self, contamination: Any = 0.1, seed: Any = 0, tails: Any = "auto", instructions: Any = "best") -> None:
        self.contamination = contamination
        self.seed = seed
        self.tails = tails
        self.instructions = instructions

    # scikit-learn's conventions, so that clone and pipelines work

    def get_params(self, deep: Any = True) -> Any:
        return {"contamination": self.contamination, "seed": self.seed, "tails": self.tails, "instructions": self.instructions}

    def set_params(self, **parameters: Any) -> Any:
        for name, value in parameters.items():
            if name not in self.get_params():
                raise ValueError(f"no parameter {name}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        return f"OutlierScorer({', '.join(f'{k}={v!r}' for k, v in self.get_params().items())})"

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learns what is usual from the rows of X; y is ignored."""
        names = getattr(X, "columns", None)
        values = _matrix(X)
        tails = self.tails if isinstance(self.tails, str) else ",".join(self.tails)
        features = "" if names is None else ",".join(map(str, names))
        options = {"seed": str(int(self.seed)), "contamination": f"{self.contamination:.9f}", "tails": tails, "instructions": self.instructions, "features": features}
        model, sink = _Model(), ErrorSink()
        sink.check(lib.kiem_outlier_new(None, ctypes.byref(model.handle), sink.handle))
        for name, value in options.items():
            sink.check(lib.kiem_outlier_set(model.handle, name.encode(), value.encode(), sink.handle))
        sink.check(lib.kiem_outlier_fit(model.handle, *_arguments(values), sink.handle))
        self._model = model
        self.n_features_in_ = values.shape[1]
        self.decision_scores_ = self._score(values)
        self.threshold_ = self._fact("threshold")
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        return self

    def fit_predict(self, X: Any, y: Any = None) -> Any:
        return self.fit(X).labels_

    def _fitted(self) -> Any:
        if not hasattr(self, "_model"):
            raise RuntimeError("the scorer is not fitted")
        return self._model.handle

    def _fact(self, name: Any) -> Any:
        value, sink = ctypes.c_double(), ErrorSink()
        sink.check(lib.kiem_outlier_fact(self._fitted(), name.encode(), ctypes.byref(value), sink.handle))
        return value.value

    def _score(self, values: Any) -> Any:
        import numpy
        scores, sink = numpy.empty(len(values)), ErrorSink()
        sink.check(lib.kiem_outlier_score(self._fitted(), *_arguments(values), scores.ctypes.data, sink.handle))
        return scores

    def _same_features(self, X: Any) -> None:
        names, known = getattr(X, "columns", None), lib.kiem_outlier_features(self._fitted()).decode()
        if names is not None and known and ",".join(map(str, names)) != known:
            raise ValueError("X has other columns than the scorer was fitted on")

    def decision_function(self, X: Any) -> Any:
        """One score a row; 0 is about the median of the rows it was fitted on."""
        self._same_features(X)
        return self._score(_matrix(X))

    def predict(self, X: Any) -> Any:
        """1 for rows above threshold_, else 0."""
        return (self.decision_function(X) > self.threshold_).astype(int)

    def explain(self, X: Any) -> Any:
        """Two arrays shaped like X: each feature's share of the row's score (adding up to 1, or all 0), and its direction
        (1 high, -1 low, 0 neither)."""
        import numpy
        self._same_features(X)
        values, sink = _matrix(X), ErrorSink()
        shares, directions = numpy.empty(values.shape), numpy.empty(values.shape, numpy.int8)
        sink.check(lib.kiem_outlier_explain(self._fitted(), *_arguments(values), shares.ctypes.data, directions.ctypes.data,
                                            sink.handle))
        return shares, directions

    # saving

    def to_bytes(self) -> bytes:
        """What was learned, as bytes that every machine reads. Scores of the rows fitted on are not kept."""
        handle, length, sink = self._fitted(), ctypes.c_size_t(), ErrorSink()
        lib.kiem_outlier_save(handle, None, 0, ctypes.byref(length), sink.handle)
        buffer = ctypes.create_string_buffer(length.value)
        sink.check(lib.kiem_outlier_save(handle, buffer, length.value, ctypes.byref(length), sink.handle))
        return buffer.raw

    def save(self, path: Any) -> None:
        with open(os.fspath(path), "wb") as file:
            file.write(self.to_bytes())

    @classmethod
    def from_bytes(cls, bytes_: Any) -> Any:
        """A fitted scorer from to_bytes; labels_ and decision_scores_ are not part of it."""
        model, sink = _Model(), ErrorSink()
        sink.check(lib.kiem_outlier_load(None, bytes_, len(bytes_), ctypes.byref(model.handle), sink.handle))
        return cls()._adopt(model)

    @classmethod
    def load(cls, path: Any) -> Any:
        with open(os.fspath(path), "rb") as file:
            return cls.from_bytes(file.read())

    def _adopt(self, model: Any) -> Any:
        self._model = model
        self.n_features_in_ = lib.kiem_outlier_columns(model.handle)
        self.threshold_ = self._fact("threshold")
        self.contamination, self.seed = self._fact("contamination"), int(self._fact("seed"))
        self.tails = ("auto", "both", "upper")[int(self._fact("tails"))]
        return self

    def __getstate__(self) -> Any:
        state = dict(self.__dict__)
        if "_model" in state:
            state["_model"] = self.to_bytes()
        return state

    def __setstate__(self, state: Any) -> None:
        if "_model" in state:
            state = {**state, "_model": type(self).from_bytes(state["_model"])._model}
        self.__dict__.update(state)

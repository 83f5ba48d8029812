#!/usr/bin/env python3
"""How well kiem.OutlierScorer and its peers rank the rows that are marked as odd in public data sets.

usage: outlier_quality.py FOLDER [--seeds 3] [--copies] [--each]

FOLDER has data sets in the form of ADBench (https://github.com/Minqi824/ADBench, adbench/datasets/Classical): NAME.npz with a matrix X and
y, which is 1 for the odd rows. Columns are standardised, fitting and scoring see the same rows and no y, more than 10,000 rows are
sampled; ROC-AUC, average precision and processor seconds are means over seeds and sets. `--copies` makes the sets harder and adds
simulated providers; `--each` prints every set. Needs pyod, scikit-learn and isotree; kiem is found like in README:

    python3 -m venv V && V/bin/pip install pyod scikit-learn isotree
    PYTHONPATH=bindings/python V/bin/python tests/bench/outlier_quality.py FOLDER
"""
import argparse
import pathlib
import time
import warnings

import isotree
import numpy
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD
from pyod.models.hbos import HBOS
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from pyod.models.mcd import MCD
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score

import kiem

MOST_ROWS = 10000


def scores_of_fit(model, X):
    return model.fit(X).decision_scores_


def scores_of_trees(X, seed, **shape):
    return isotree.IsolationForest(missing_action="fail", nthreads=1, random_seed=seed, **shape).fit(X).predict(X)


METHODS = {
    "kiem": lambda X, seed: scores_of_fit(kiem.OutlierScorer(seed=seed), X),
    "SCiForest": lambda X, seed: scores_of_trees(X, seed, ntrees=100, sample_size=256, max_depth=None, ndim=2, ntry=10, coefs="normal",
                                                 prob_pick_avg_gain=1, penalize_range=True),
    "FCF": lambda X, seed: scores_of_trees(X, seed, ntrees=200, sample_size=128, max_depth=None, ndim=2, ntry=1, prob_pick_pooled_gain=1),
    "MCD": lambda X, seed: scores_of_fit(MCD(random_state=seed), X),
    "kNN, mean of 50": lambda X, seed: scores_of_fit(KNN(n_neighbors=50, method="mean"), X),
    "isolation forest": lambda X, seed: scores_of_fit(IForest(random_state=seed), X),
    "ECOD": lambda X, seed: scores_of_fit(ECOD(), X),
    "COPOD": lambda X, seed: scores_of_fit(COPOD(), X),
    "HBOS": lambda X, seed: scores_of_fit(HBOS(), X),
}
TOGETHER = ("SCiForest", "MCD", "kNN, mean of 50")


def standardised(X):
    spread = X.std(0)
    return numpy.where(spread > 1e-12, (X - X.mean(0)) / numpy.where(spread > 1e-12, spread, 1), 0.0)


def with_noise(draw):
    return lambda X, random: numpy.hstack([X, draw(random, X.shape)])


def moved(X, random):
    """Two fifths of the rows, odd ones among them, form two clusters of their own."""
    which = random.choice(3, len(X), p=[0.6, 0.2, 0.2])
    direction = random.standard_normal((3, X.shape[1]))
    direction *= 8 / numpy.linalg.norm(direction, axis=1, keepdims=True)
    direction[0] = 0
    return X + direction[which]


COPIES = {
    "as they are": lambda X, random: X,
    "two-valued noise": with_noise(lambda random, shape: random.random(shape) < 0.05),
    "heavy-tailed noise": with_noise(lambda random, shape: random.standard_t(2, shape)),
    "noise with zeros": with_noise(lambda random, shape: (random.random(shape) < 0.2) * random.lognormal(0, 1, shape)),
    "two clusters more": moved,
}


def providers(random):
    """2,000 providers by 12 amounts that grow with their size; one in twenty has two to four amounts 2 to 6 times as high."""
    size = random.lognormal(0, 1, (2000, 1))
    X = size ** random.uniform(0.5, 1.2, 12) * random.lognormal(0, 0.35, (2000, 12))
    y = (numpy.arange(2000) < 100).astype(int)
    for row in range(100):
        X[row, random.choice(12, random.integers(2, 5), replace=False)] *= random.uniform(2, 6)
    return X, y


PROVIDERS = {"providers, amounts": lambda X: X, "providers, logarithms of the amounts": numpy.log}


def measure(X, y, seed):
    found, spent = {}, {}
    for name, scores in METHODS.items():
        start = time.process_time()
        found[name] = scores(X, seed)
        spent[name] = time.process_time() - start
    found["maximum rank of three"] = numpy.max([rankdata(found[name]) for name in TOGETHER], axis=0)
    spent["maximum rank of three"] = sum(spent[name] for name in TOGETHER)
    return {name: (roc_auc_score(y, scores), average_precision_score(y, scores), spent[name]) for name, scores in found.items()}


def sets_of(folder, seed, change):
    for path in sorted(folder.glob("*.npz")):
        with numpy.load(path) as arrays:
            X, y = arrays["X"].astype(float), arrays["y"].astype(int).ravel()
        if len(X) > MOST_ROWS:
            kept = numpy.random.RandomState(1000 + seed).choice(len(X), MOST_ROWS, replace=False)
            X, y = X[kept], y[kept]
        yield path.stem, standardised(change(standardised(X), numpy.random.default_rng(seed))), y


def report(title, measured):
    print(f"{title}: ROC-AUC, average precision, processor seconds; means of {len(measured)}")
    for name in measured[0]:
        auc, precision, seconds = numpy.mean([one[name] for one in measured], axis=0)
        print(f"  {name:22s} {auc:.3f}  {precision:.3f}  {seconds:.3f}")
    print(flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--copies", action="store_true")
    parser.add_argument("--each", action="store_true")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    for title, change in (COPIES if given.copies else {"as they are": COPIES["as they are"]}).items():
        measured = []
        for seed in range(given.seeds):
            for name, X, y in sets_of(given.folder, seed, change):
                measured.append(measure(X, y, seed))
                if given.each:
                    report(f"{name}, seed {seed}", measured[-1:])
        report(title, measured)
    for title, change in PROVIDERS.items() if given.copies else ():
        made = [providers(numpy.random.default_rng(seed)) for seed in range(given.seeds)]
        report(title, [measure(standardised(change(X)), y, seed) for seed, (X, y) in enumerate(made)])


if __name__ == "__main__":
    main()

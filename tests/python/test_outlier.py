"""The outlier scorer through Python: PyOD's conventions, inputs, saving."""
import copy
import pickle

import kiem
import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def data():
    rows = np.random.default_rng(0).normal(size=(500, 4))
    rows[:, 1] += rows[:, 0]
    rows[7] = [0, 0, 9, 0]
    rows[8] = [0, 0, 0, -9]
    return rows


@pytest.fixture(scope="module")
def scorer(data):
    return kiem.OutlierScorer().fit(data)


def test_conventions_of_pyod(data, scorer):
    scores = scorer.decision_function(data)
    assert (scores == scorer.decision_scores_).all() and np.isfinite(scores).all() and scores.shape == (500,)
    assert set(np.argsort(scores)[-2:]) == {7, 8}
    assert scorer.threshold_ == pytest.approx(np.percentile(scores, 90))
    assert scorer.labels_.sum() == 50 and (scorer.predict(data) == scorer.labels_).all()
    assert (kiem.OutlierScorer(contamination=0.02).fit_predict(data).sum()) == 10
    assert scorer.n_features_in_ == 4


def test_seed_and_instructions(data, scorer):
    for instructions in ("portable", "best"):
        again = kiem.OutlierScorer(instructions=instructions).fit(data).decision_scores_
        assert again.tobytes() == scorer.decision_scores_.tobytes()
    assert (kiem.OutlierScorer(seed=1).fit(data).decision_scores_ != scorer.decision_scores_).any()


def test_any_matrix(data, scorer):
    narrow = data.astype(np.float32)
    wide = kiem.OutlierScorer().fit(narrow.astype(float)).decision_scores_
    assert (kiem.OutlierScorer().fit(narrow).decision_scores_ == wide).all()
    for same in (np.asfortranarray(data), np.c_[data, data][:, :4], data.tolist(), pd.DataFrame(data), np.repeat(data, 2, 0)[::2]):
        assert (scorer.decision_function(same) == scorer.decision_scores_).all()
    holes = data.copy()
    holes[::3, 1] = np.nan
    holes[5, 0] = np.inf
    holes[:, 3] = 1
    assert np.isfinite(kiem.OutlierScorer().fit(holes).decision_scores_).all()
    assert kiem.OutlierScorer().fit([[1, 2]]).decision_scores_ == pytest.approx(0)
    integers = np.arange(40).reshape(20, 2)
    assert np.isfinite(kiem.OutlierScorer().fit(integers).decision_scores_).all()


def test_tails(data):
    data = data.copy()
    data[7, 2], data[8, 3] = 90, -90
    upper = kiem.OutlierScorer(tails="upper").fit(data).decision_scores_
    assert upper.argmax() == 7 and upper[8] < upper[7] / 2
    mixed = kiem.OutlierScorer(tails=["auto", "both", "both", "upper"]).fit(data).decision_scores_
    assert mixed.argmax() == 7 and mixed[8] < mixed[7] / 2
    assert kiem.OutlierScorer(tails="both").fit(data).decision_scores_[8] > 3


def test_explain(data, scorer):
    shares, directions = scorer.explain(data)
    assert shares.shape == directions.shape == data.shape
    assert np.allclose(shares.sum(1), 1) and (shares >= 0).all()
    assert shares[7].argmax() == 2 and directions[7, 2] == 1
    assert shares[8].argmax() == 3 and directions[8, 3] == -1


def test_save_and_pickle(data, scorer, tmp_path):
    scorer.save(tmp_path / "scorer")
    loaded = kiem.OutlierScorer.load(tmp_path / "scorer")
    assert (loaded.decision_function(data) == scorer.decision_scores_).all()
    assert (loaded.predict(data) == scorer.labels_).all()
    for twin in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert (twin.decision_function(data) == scorer.decision_scores_).all() and (twin.labels_ == scorer.labels_).all()
        assert twin.get_params() == scorer.get_params()
    assert repr(pickle.loads(pickle.dumps(kiem.OutlierScorer(seed=3)))) == repr(kiem.OutlierScorer(seed=3))


def test_damaged_files(scorer, tmp_path):
    good = scorer.to_bytes()
    for bad, message in [(good[:-1], "cut short"), (good[:200] + b"\1\2" + good[202:], "checksum"), (b"PK\3\4" * 9, "no saved"),
                         (b"", "no saved"), (good[:16] + b"\7" + good[17:], "version 7")]:
        (tmp_path / "bad").write_bytes(bad)
        with pytest.raises(kiem.KiemError, match=message):
            kiem.OutlierScorer.load(tmp_path / "bad")


def test_another_feature_set(data):
    frame = pd.DataFrame(data, columns=["cost", "days", "visits", "drugs"])
    scorer = kiem.OutlierScorer().fit(frame)
    assert (pickle.loads(pickle.dumps(scorer)).decision_function(frame) == scorer.decision_scores_).all()
    with pytest.raises(ValueError, match="other columns"):
        scorer.decision_function(frame.rename(columns={"days": "nights"}))
    with pytest.raises(kiem.KiemError, match="3 columns, the scorer was fitted on 4"):
        scorer.decision_function(data[:, :3])


def test_wrong_arguments(data):
    with pytest.raises(kiem.KiemError, match="contamination"):
        kiem.OutlierScorer(contamination=0.7).fit(data)
    with pytest.raises(kiem.KiemError, match="tails"):
        kiem.OutlierScorer(tails="lower").fit(data)
    with pytest.raises(kiem.KiemError, match="2 columns"):
        kiem.OutlierScorer(tails=["both", "both"]).fit(data)
    with pytest.raises(kiem.KiemError, match="empty"):
        kiem.OutlierScorer().fit(np.empty((0, 3)))
    with pytest.raises(ValueError, match="dimensions"):
        kiem.OutlierScorer().fit([1, 2, 3])
    with pytest.raises(RuntimeError, match="not fitted"):
        kiem.OutlierScorer().decision_function(data)
    with pytest.raises(ValueError, match="no parameter"):
        kiem.OutlierScorer().set_params(speed=9)

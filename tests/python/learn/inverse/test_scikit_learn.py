"""scikit-learn's own checks of estimators, and what its users do with them."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from tests.planted_pairs import drawn, planted

import multispin as ms

checks = pytest.importorskip("sklearn.utils.estimator_checks")

#: Checks that learn from real numbers, which spins are not: they are refused, as they should be.
#: With samples made spins of, in `Spins` below, each of them is run, and passes.
OF_REAL_NUMBERS = dict.fromkeys(
    [
        "check_all_zero_sample_weights_error",
        "check_dict_unchanged",
        "check_dont_overwrite_parameters",
        "check_dtype_object",
        "check_estimators_dtypes",
        "check_estimators_fit_returns_self",
        "check_estimators_nan_inf",
        "check_estimators_overwrite_params",
        "check_estimators_pickle",
        "check_f_contiguous_array_estimator",
        "check_fit2d_1feature",
        "check_fit2d_1sample",
        "check_fit2d_predict1d",
        "check_fit_check_is_fitted",
        "check_fit_idempotent",
        "check_fit_score_takes_y",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_n_features_in",
        "check_n_features_in_after_fitting",
        "check_pipeline_consistency",
        "check_positive_only_tag_during_fit",
        "check_readonly_memmap_input",
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weights_list",
        "check_sample_weights_not_an_array",
        "check_sample_weights_not_overwritten",
        "check_sample_weights_pandas_series",
        "check_sample_weights_shape",
    ],
    "its samples are real numbers, not two values",
)


def as_spins(samples: Any) -> Any:
    """Make two values of real numbers, each by itself; leave what is none as it is."""
    if hasattr(samples, "columns"):
        return samples.apply(lambda column: as_spins(column.to_numpy()))
    if hasattr(samples, "toarray"):
        return samples
    try:
        numbers = np.asarray(samples)
        real = numbers.astype(np.float64) if numbers.dtype.kind in "Obiuf" else None
    except (TypeError, ValueError):
        return samples
    if real is None:
        return samples
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(real), 1.0 - 2.0 * (np.floor(8 * real) % 2), real)


class Spins(ms.InverseIsing):
    def fit(self, samples: Any, y: object = None, sample_weight: Any = None) -> Any:  # type: ignore[override]
        return super().fit(as_spins(samples), y, sample_weight)

    def score(self, samples: Any, y: object = None) -> float:  # type: ignore[override]
        return super().score(as_spins(samples), y)


class KineticSpins(ms.KineticIsing):
    def fit(self, series: Any, y: object = None) -> Any:
        return super().fit(as_spins(series), y)

    def score(self, series: Any, y: object = None) -> float:
        return super().score(as_spins(series), y)

    def predict_proba(self, states: Any) -> Any:
        return super().predict_proba(as_spins(states))


def outcomes(estimator: Any, expected: dict[str, str]) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # checks are of few samples, and of constant ones
        found: list[dict[str, Any]] = checks.check_estimator(
            estimator, expected_failed_checks=expected, on_fail=None, on_skip=None
        )
    return found


@pytest.mark.parametrize("estimator", [ms.InverseIsing(), ms.KineticIsing()])
def test_checks_fail_where_they_learn_from_real_numbers_and_nowhere_else(estimator: Any) -> None:
    for one in outcomes(estimator, OF_REAL_NUMBERS):
        allowed = ("xfail",) if one["check_name"] in OF_REAL_NUMBERS else ("passed", "skipped")
        assert one["status"] in allowed, (one["check_name"], one["exception"])


@pytest.mark.one_in(6)
@pytest.mark.parametrize(
    "estimator",
    [
        Spins(),
        Spins("mpf"),
        Spins("exact"),
        Spins("boltzmann", chains=64),
        Spins("mean_field", pseudocount=10.0),
        KineticSpins(),
    ],
)
def test_every_check_passes_with_spins(estimator: Any) -> None:
    expected = {}
    if getattr(estimator, "method", None) == "exact":
        name = "check_sample_weight_equivalence_on_dense_data"
        expected[name] = "it is of 30 spins, and sums over all states of more than 22 are refused"
    for one in outcomes(estimator, expected):
        allowed = ("xfail",) if one["check_name"] in expected else ("passed", "skipped")
        assert one["status"] in allowed, (one["check_name"], one["exception"])


def test_searches() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    samples = drawn(*planted(5), 60)
    search = selection.GridSearchCV(ms.InverseIsing("exact"), {"l2": [0.01, 0.1, 100.0]}, cv=3)
    assert search.fit(samples).best_params_["l2"] < 100.0
    # Parameters that only make sense together are set one by one.
    grid = [{"method": ["pair"], "pseudocount": [2.0]}, {"method": ["mpf"], "l1": [0.01]}]
    search = selection.GridSearchCV(ms.InverseIsing(), grid, cv=3, error_score="raise")
    assert np.isfinite(search.fit(samples).cv_results_["mean_test_score"]).all()


def test_pipelines() -> None:
    pipeline = pytest.importorskip("sklearn.pipeline")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    samples = drawn(*planted(5), 200)
    real = samples * np.random.default_rng(1).uniform(0.1, 3.0, size=samples.shape)
    steps = [preprocessing.Binarizer(), ms.InverseIsing(units="binary")]
    found = pipeline.make_pipeline(*steps).set_params(inverseising__l2=0.1).fit(real)
    alone = ms.InverseIsing(l2=0.1).fit(samples)
    np.testing.assert_array_equal(found[-1].J_, alone.J_)
    assert found.score(real) == alone.score(samples)


def test_clones_and_pickles() -> None:
    base = pytest.importorskip("sklearn.base")
    support = ~np.eye(5, dtype=bool)
    fit = ms.InverseIsing("exact", l2=0.1, support=support).fit(drawn(*planted(5), 60))
    clone = base.clone(fit)
    assert clone.l2 == 0.1
    assert not hasattr(clone, "J_")
    again = pickle.loads(pickle.dumps(fit))
    np.testing.assert_array_equal(again.J_, fit.J_)
    np.testing.assert_array_equal(again.sample(10, random_state=1), fit.sample(10, random_state=1))


def test_names_of_columns_have_to_be_those_it_was_fitted_with() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(drawn(*planted(3), 60), columns=["a", "b", "c"])
    fit = ms.InverseIsing().fit(frame)
    assert fit.feature_names_in_.tolist() == ["a", "b", "c"]
    assert fit.score(frame) == fit.score(frame.to_numpy())
    for names in (["b", "a", "c"], ["a", "b", "d"]):
        with pytest.raises(ValueError, match="samples: got '.' as name of column .*feature names"):
            fit.score(frame.set_axis(names, axis=1))
    assert not hasattr(fit.fit(frame.to_numpy()), "feature_names_in_")
    kinetic = ms.KineticIsing().fit(frame)
    with pytest.raises(ValueError, match="series: got 'c' as name of column 0, allowed: 'a'"):
        kinetic.log_likelihood(frame[["c", "b", "a"]])


def test_an_estimator_that_is_not_fitted_says_so_in_both_languages() -> None:
    exceptions = pytest.importorskip("sklearn.exceptions")
    for kind in (ms.NotFittedError, exceptions.NotFittedError):
        with pytest.raises(kind, match="sample: got an estimator that is not fitted") as caught:
            ms.InverseIsing().sample()
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert again.args == caught.value.args

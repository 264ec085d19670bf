"""What an RBM has learned: hidden units, likelihoods, samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import Numbers, unpack
from multispin.learn.base import Estimator, not_fitted
from multispin.learn.names import check_same_units
from multispin.learn.partition import check_log_partition
from multispin.learn.place import Placed
from multispin.learn.rbm import flips, labels, partition, phases, settings
from multispin.learn.rbm.enumeration import diverges
from multispin.learn.rbm.layers import layers_of
from multispin.learn.rbm.observations import Observations, observed
from multispin.learn.rbm.parameters import Parameters
from multispin.learn.rbm.randomness import streams
from multispin.learn.rbm.visible import Visible
from multispin.learn.seeds import seed_for

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from multispin.learn.partition import LogPartition
    from multispin.learn.rbm.kernel import Kernel, States

    Array = NDArray[np.float64]

#: What seeds are made for, beside training.
_HIDDEN, _DRAWN = 1, 2


class Learned(Placed, Estimator):
    """An RBM that is fitted: `components_`, biases, and what training would go on from."""

    components_: NDArray[Any]
    intercept_visible_: NDArray[Any]
    intercept_hidden_: NDArray[Any]
    history_: dict[str, NDArray[Any]]
    n_iter_: int
    n_features_in_: int

    method: str

    #: What a checkpoint keeps: words and numbers, and arrays.
    _kept: tuple[dict[str, Any], dict[str, NDArray[Any]]]

    def _restore(self, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.components_, self.intercept_visible_, self.intercept_hidden_ = (
            arrays[f"at_{name}"] for name in ("weights", "visible", "hidden")
        )
        self.history_ = {k[8:]: v for k, v in arrays.items() if k.startswith("history_")}
        self.n_iter_ = meta["epoch"]
        self.n_features_in_ = self.components_.shape[1] // max(meta["categories"], 1)
        self._kept = (meta, arrays)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is kept, with parameters as they are now: they may have been changed."""
        now = self._parameters()
        kept = {name: part.copy() for name, part in self._kept[1].items()}
        changed = {
            "at_weights": now.weights, "at_visible": now.visible, "at_hidden": now.hidden
        }  # fmt: skip
        return {**kept, **{name: part.copy() for name, part in changed.items()}}

    # --- what has been learned --------------------------------------------------------------------

    @property
    def h_samples_(self) -> NDArray[Any]:
        """Hidden states of the model's chains, (n_chains, n_components)."""
        numbers = Numbers(
            seed_for(self._kept[0]["seed"], 0, _HIDDEN), streams(0, len(self._chains())), 0
        )
        states = self._kernel().draw(self._chains(), "hidden", numbers)
        if states.dtype != np.uint64:
            return states
        units = unpack(states, self._parameters().shape[0])
        return 2 * units.astype(np.int8) - 1 if self._fixed["hidden"] == "spin" else units

    def transform(self, X: Any) -> NDArray[Any]:
        """Return ⟨h_j⟩ given v, of binary units P(h_j = 1 | v), of the type of the data.

        Parameters
        ----------
        X
            (M, N).

        Returns
        -------
        ndarray
            (M, n_components).

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for samples that are not of this kind.
        """
        data = self._observed(X)
        self._check_place()
        if data.bits is not None and data.dtype == np.float32:
            found = self._kernel().means(data.bits, "hidden")
        else:
            at = self._parameters().of_machine()
            found = at.layers.hidden.mean(at.fields(data.numbers())).astype(data.dtype)
        return 2 * found - 1 if self._fixed["hidden"] == "spin" else found

    def fit_transform(self, X: Any, y: object = None, **fit_params: Any) -> NDArray[Any]:
        """Return ``fit(X, y, **fit_params).transform(X)``."""
        found: NDArray[Any] = self.fit(X, y, **fit_params).transform(X)  # type: ignore[attr-defined]
        return found

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Return the names of hidden units, rbm0, rbm1 and so on."""
        n = self._parameters().shape[0]
        return np.array([f"rbm{j}" for j in range(n)], dtype=object)

    def free_energy(self, X: Any) -> Array:
        """Return F(v) of each sample, (M,): P(v) = e^−F / Z.

        Of binary units −b·v − Σ_j ln(1 + exp(c_j + Σ_i W_ji v_i)).
        """
        return self._parameters().of_machine().free_energy(self._observed(X).numbers())

    def label_probabilities(self, X: Any) -> Array:
        """Return P(y | v) of the label units, from free energies, (M, n_labels).

        Parameters
        ----------
        X
            (M, N − n_labels): samples without their labels.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; without label units; for samples that are not of this kind.
        """
        at = self._parameters().of_machine()
        if not self._fixed["n_labels"]:
            raise ValueError("n_labels: got 0, allowed: at least 2, for label_probabilities")
        data = observed(X)
        if data.n_features != at.shape[1] - self._fixed["n_labels"]:
            got, wanted = f"{data.n_features} features", at.shape[1] - self._fixed["n_labels"]
            raise ValueError(f"X: got {got}, allowed: {wanted}, without the labels")
        return np.exp(labels.log_probabilities(at, data.numbers()))

    def score_samples(self, X: Any) -> Array:
        """Return the pseudolikelihood Σ_i ln P(v_i | all other v) of each sample, (M,).

        Label units are one term, ln P(y | all other v). Without them it is the mean of what
        scikit-learn estimates from one unit of each sample.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for samples, or units, that are not of two values.
        """
        at = self._parameters().of_machine()
        if self._fixed["visible"] not in ("binary", "spin"):
            what = f"visible={self._fixed['visible']!r}"
            raise ValueError(f"score_samples: got {what}, allowed: two values; see log_likelihood")
        return flips.log_pseudolikelihood(at, self._certain(X).numbers())

    def score(self, X: Any, y: object = None) -> float:  # noqa: ARG002
        """Return the mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    def log_partition(
        self,
        method: str = "auto",
        chains: int = 500,
        temperatures: int = 1000,
        betas: ArrayLike | None = None,
        random_state: int | None = None,
    ) -> LogPartition:
        """Return ln Z = ln Σ_vh exp(−E(v, h)), in nats.

        Parameters
        ----------
        method
            "exact": sums over all states of the smaller layer, at most 24 units, or integrates
            Gaussian ones. "ais": annealed importance sampling from independent units, chains going
            there and, after as many steps more, coming back, put together by Bennett's acceptance
            ratio. "reverse_ais": by the way back alone, which in the mean is too high. "ptt": along
            the models that training with method "ptt" has kept, by exchanges between their chains.
            "auto" is "exact" up to 20 units, else "ais".
        chains
            Number of chains each way.
        temperatures
            Steps of β from 0 to 1, closer where energies fluctuate more; of "ptt" exchanges.
        betas
            β themselves, rising from 0 to 1, instead.
        random_state
            Seed; None takes another one each time, that follows from the estimator's.

        Returns
        -------
        LogPartition
            ``value``, its ``error``, and by "ais" what both ways say, ``forward`` and ``reverse``;
            infinite where no distribution is: of units on both sides that are numbers, with
            weights that are too large for their measure.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for an argument that is not of its kind.

        Warns
        -----
        NotConvergedWarning
            If the two ways differ by more than their errors can explain.
        """
        method, exchanged = checks.choice("method", method, partition.METHODS), None
        at, (meta, kept) = self._parameters(), self._kept
        self._check_place()
        if method == "ptt" and self._fixed["method"] == "ptt":
            arrays = {k[6:]: v for k, v in kept.items() if k.startswith("model_")}
            params = {**type(self)().get_params(), **self._fixed}
            where = {"threads": self.threads, "device": self.device}
            chosen = settings.checked(params | where, meta["seed"])
            phase = phases.resumed(chosen, at, kept["base"], arrays)
            assert isinstance(phase, phases.Exchanged)
            phase.ladder.replace(at)  # chains have not seen the last update, or what came after
            exchanged = phase
        return partition.log_partition(
            at.of_machine(), method, chains=chains, temperatures=temperatures, betas=betas,
            seed=self._seed_or(random_state), place=self._place, base=kept["base"],
            exchanged=exchanged,
        )  # fmt: skip

    def log_likelihood(self, X: Any, log_partition: LogPartition | None = None) -> Array:
        """Return ln P(v) of each sample, (M,), in nats.

        Parameters
        ----------
        X
            (M, N) of the values that visible units have.
        log_partition
            ln Z, if it is known; None computes it.
        """
        check_log_partition(log_partition)
        v = self._certain(X).numbers()
        self._check_distribution()
        found = self.log_partition() if log_partition is None else log_partition
        return np.asarray(-self._parameters().of_machine().free_energy(v) - found.value)

    # --- what all of them need --------------------------------------------------------------------

    def _parameters(self) -> Parameters:
        if not hasattr(self, "components_"):
            raise not_fitted("RBM: not fitted yet; call fit, or partial_fit")
        units = self._visible.units(self.n_features_in_)
        return Parameters(
            self.components_, self.intercept_visible_, self.intercept_hidden_,
            layers_of(self._fixed["visible"], self._fixed["hidden"], units),
        )  # fmt: skip

    @property
    def _fixed(self) -> dict[str, Any]:
        """What it was fitted as, whatever parameters say by now."""
        found: dict[str, Any] = self._kept[0]["fixed"]
        return found

    @property
    def _visible(self) -> Visible:
        """What samples look like."""
        return Visible(self._fixed["visible"], self._kept[0]["categories"], self._fixed["n_labels"])

    def _check_distribution(self) -> None:
        """Refuse what has no distribution, and whose chains never end."""
        if diverges(self._parameters().of_machine()):
            raise ValueError(
                "components_: got weights with which numbers on both sides pull each other without "
                "end, allowed: smaller ones, whose Z is finite; learn with a smaller learning_rate "
                "or a larger l2"
            )

    def _kernel(self) -> Kernel:
        self._check_place()
        return self._parameters().kernel(self._place)

    def _chains(self) -> States:
        chains = self._kept[1].get("model_chains")
        if chains is None:
            raise AttributeError(f"h_samples_: got method={self.method!r}, which has no chains")
        return chains[-1] if chains.ndim == 3 else chains

    def _observed(self, X: Any, name: str = "X") -> Observations:
        """Return samples of the fitted units."""
        self._parameters()
        data = observed(X, name=name, visible=self._visible)
        check_same_units(name, data.n_features, data.names, self)
        return data

    def _certain(self, X: Any, name: str = "X") -> Observations:
        """Return samples that are states, and not means of some."""
        data = self._observed(X, name)
        if data.values is not None and self._fixed["visible"] != "gaussian":
            i, j = np.argwhere((data.values != 0) & (data.values != 1))[0]
            low = -1 if self._fixed["visible"] == "spin" else 0
            value = low + (1 - low) * data.values[i, j]
            raise ValueError(f"{name}: got {value} in row {i}, column {j}, allowed: {low} and 1")
        return data

    def _fresh_seed(self) -> int:
        """Return another seed each time; all of them follow from that of the training."""
        meta = self._kept[0]
        meta["calls"] += 1
        return seed_for(meta["seed"], meta["calls"])

    def _seed_or(self, random_state: int | None) -> int:
        if random_state is None:
            return self._fresh_seed()
        # Not the numbers of a training with this seed.
        return seed_for(checks.seed("random_state", random_state), 0, _DRAWN)

    def _numbers(self, rows: int) -> Numbers:
        return Numbers(self._fresh_seed(), streams(0, rows), 0)

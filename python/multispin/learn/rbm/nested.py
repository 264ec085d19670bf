"""Parameters of estimators that have an RBM among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin.learn.base import Estimator
from multispin.learn.rbm.estimator import RBM

if TYPE_CHECKING:
    from typing_extensions import Self


class OfAnRBM(Estimator):
    """An estimator with a parameter `rbm`, an `RBM` of which copies are trained, or None."""

    rbm: RBM | None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with `deep` those of the RBM too, as ``rbm__n_iter``."""
        found = super().get_params(deep)
        if deep and isinstance(self.rbm, RBM):
            found |= {f"rbm__{name}": value for name, value in self.rbm.get_params().items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, those of the RBM as ``rbm__n_iter``."""
        of_rbm = {name[5:]: params.pop(name) for name in list(params) if name.startswith("rbm__")}
        super().set_params(**params)
        if of_rbm:
            self.rbm = RBM() if self.rbm is None else self.rbm
            self.rbm.set_params(**of_rbm)
        return self

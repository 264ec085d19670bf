"""Networks as modules of PyTorch, and back."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.learn.deep.network import Classifier, Dense, Network
from multispin.learn.rbm.units import Binary, Gaussian

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Reals = NDArray[Any]

#: Names of a module's parts, the two of them that decide what it is.
AUTOENCODER, CLASSIFIER = ("encoder", "decoder"), ("encoder", "head")


def torch() -> Any:
    """Import PyTorch, or say which extra brings it."""
    return require("torch", "deep")


def check_units(layers: Sequence[Dense]) -> None:
    """Refuse units whose means are no activation of PyTorch."""
    for layer in layers:
        if not isinstance(layer.units, (Binary, Gaussian)):
            kind = type(layer.units).__name__.lower()
            allowed = "binary, spin and gaussian ones, which PyTorch has activations of"
            raise ValueError(f"layers: got {kind} units, allowed: {allowed}")


def autoencoder(network: Network) -> Any:
    """Return a Sequential of two, ``encoder`` and ``decoder``, with copies of the weights."""
    check_units((*network.encoder, *network.decoder))
    parts = (_sequential(network.encoder), _sequential(network.decoder))
    return torch().nn.Sequential(OrderedDict(zip(AUTOENCODER, parts, strict=True)))


def classifier(of: Classifier) -> Any:
    """Return a Sequential of two, ``encoder`` and ``head``, whose outputs are logits."""
    check_units(of.encoder)
    parts = (_sequential(of.encoder), _linear(*of.head))
    return torch().nn.Sequential(OrderedDict(zip(CLASSIFIER, parts, strict=True)))


def network_of(module: Any, like: Network) -> Network:
    """Return the weights that an autoencoder has by now.

    Raises
    ------
    TypeError, ValueError
        If it is none, of other layers, or with weights that are not finite.
    """
    return Network(
        _layers_of(module.encoder, "module.encoder", like.encoder),
        _layers_of(module.decoder, "module.decoder", like.decoder),
    )


def classifier_of(module: Any, like: Sequence[Dense]) -> Classifier:
    """Return the weights that a classifier has by now.

    Raises
    ------
    TypeError, ValueError
        If it is none, of other layers, or with weights that are not finite.
    """
    encoder = _layers_of(module.encoder, "module.encoder", like)
    weights, bias = _numbers_of(module.head, "module.head", (None, len(like[-1].bias)))
    kind = like[0].weights.dtype
    return Classifier(encoder, (weights.astype(kind), bias.astype(kind)))


def parts_of(module: Any) -> tuple[str, ...]:
    """Return the names of a module's two parts: of an autoencoder, or of a classifier.

    Raises
    ------
    TypeError
        If it is neither.
    """
    allowed = "what unroll or classifier returned, with weights that may have changed"
    if not isinstance(module, torch().nn.Module):
        raise TypeError(checks.describe("module", module, allowed))
    names = tuple(name for name, _ in module.named_children())
    if names not in (AUTOENCODER, CLASSIFIER):
        raise TypeError(f"module: got one with the parts {names}, allowed: {allowed}")
    return names


def _sequential(layers: Sequence[Dense]) -> Any:
    nn, found = torch().nn, []
    for layer in layers:
        found.append(_linear(layer.weights, layer.bias))
        if layer.spins:
            found.append(nn.Tanh())
        else:
            found.append(nn.Identity() if isinstance(layer.units, Gaussian) else nn.Sigmoid())
    return nn.Sequential(*found)


def _linear(weights: Reals, bias: Reals) -> Any:
    of = torch()
    kind = of.from_numpy(np.zeros(0, weights.dtype)).dtype
    # What it would begin with is replaced: nothing is drawn from PyTorch's own random numbers.
    found = of.nn.utils.skip_init(of.nn.Linear, weights.shape[1], weights.shape[0], dtype=kind)
    with of.no_grad():
        found.weight.copy_(of.from_numpy(np.ascontiguousarray(weights)))
        found.bias.copy_(of.from_numpy(np.ascontiguousarray(bias)))
    return found


def _layers_of(part: Any, name: str, like: Sequence[Dense]) -> tuple[Dense, ...]:
    nn = torch().nn
    linear = [one for one in part.children() if isinstance(one, nn.Linear)]
    if len(linear) != len(like):
        raise ValueError(f"{name}: got {len(linear)} Linear layers, allowed: {len(like)}")
    found = []
    for k, (one, layer) in enumerate(zip(linear, like, strict=True)):
        weights, bias = _numbers_of(one, f"{name}[{2 * k}]", layer.weights.shape)
        kind = layer.weights.dtype
        found.append(layer.of(weights.astype(kind), bias.astype(kind)))
    return tuple(found)


def _numbers_of(linear: Any, name: str, shape: tuple[int | None, int]) -> tuple[Reals, Reals]:
    """Return weights and biases, if they are finite and of the right shape."""
    if not isinstance(linear, torch().nn.Linear) or linear.bias is None:
        raise TypeError(checks.describe(name, linear, "a Linear layer with a bias"))
    weights, bias = (part.detach().cpu().numpy() for part in (linear.weight, linear.bias))
    wanted = (len(weights) if shape[0] is None else shape[0], shape[1])
    if weights.shape != wanted:
        raise ValueError(f"{name}: got weights of shape {weights.shape}, allowed: {wanted}")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise ValueError(f"{name}: got weights that are not finite, allowed: finite numbers")
    return weights, bias

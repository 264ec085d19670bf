"""Optional packages, imported when they are first needed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from multispin.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, extra: str) -> ModuleType:
    """Import `module`, or say which extra of multispin brings it.

    Parameters
    ----------
    module : str
        Name of the module, dotted names allowed.
    extra : str
        The extra that lists the package, such as ``"run"``.

    Returns
    -------
    ModuleType
        The module itself (for a dotted name the innermost one).

    Raises
    ------
    MissingExtraError
        If the package is not installed. A package that is there but fails to import for a reason
        of its own raises its own error: reinstalling would not help.

    Examples
    --------
    >>> require("math", "run").sqrt(4.0)
    2.0
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise MissingExtraError(
            f'this needs {package!r}; install it with: pip install "multispin[{extra}]"',
            name=package,
        ) from error

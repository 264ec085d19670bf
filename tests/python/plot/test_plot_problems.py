"""Pictures of problems of optimisation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from multispin import plot

T = np.geomspace(3.0, 0.3, 5)
VALUES = np.arange(20.0).reshape(5, 4)


def test_an_annealing_is_drawn_from_hot_to_cold() -> None:
    figure = plot.problems.annealing(T, VALUES, "cut", best=21.0)
    left, right = figure.axes
    assert left.get_xlim()[0] > left.get_xlim()[1]
    assert (left.get_ylabel(), left.get_title(loc="left")) == ("cut", "4 replicas")
    np.testing.assert_allclose(left.lines[0].get_ydata(), np.median(VALUES, axis=1))
    assert "best seen, 21" in [text.get_text() for text in left.get_legend().get_texts()]
    assert sorted(bar.get_y() + bar.get_height() / 2 for bar in right.patches) == [16, 17, 18, 19]
    assert [bar.get_width() for bar in right.patches] == [1.0] * 4


def test_many_values_at_the_end_are_put_into_ranges() -> None:
    values = np.random.default_rng(1).normal(size=(5, 200))
    bars = plot.problems.annealing(T[::-1], values).axes[1].patches
    assert len(bars) == 20
    assert sum(bar.get_width() for bar in bars) == 200


def test_one_value_at_the_end() -> None:
    (bar,) = plot.problems.annealing([1.0], [[3.0, 3.0]]).axes[1].patches
    assert (bar.get_width(), bar.get_y() + bar.get_height() / 2) == (2.0, 3.0)


@pytest.mark.parametrize(("changed", "message"), [
    ({"temperatures": [0.0] * 5}, "temperatures: got "), ({"values": VALUES[:4]}, "values: got "),
    ({"values": VALUES[:, :0]}, "values: got "), ({"values": VALUES * 1e300}, "values: got "),
    ({"values": VALUES * np.nan}, "values: got nan"), ({"what": 3}, "what: got 3"),
    ({"best": np.inf}, "best: got inf"),
])  # fmt: skip
def test_wrong_arguments(changed: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match="allowed: ") as caught:
        plot.problems.annealing(**{"temperatures": T, "values": VALUES, **changed})
    assert str(caught.value).startswith(message)

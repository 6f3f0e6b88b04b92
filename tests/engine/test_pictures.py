"""The picture that a model wants of a frame."""

from __future__ import annotations

import json

import numpy as np
import pytest

from longvid.engine.pictures import PixelBudget, described, image_size_of, transform_to


@pytest.mark.parametrize(
    ("height", "width", "aspect"),
    [(1080, 1920, 1.0), (576, 720, 64 / 45), (1920, 1080, 1.0), (120, 160, 1.0), (2, 4000, 1.0), (1, 1, 1.0)],
)
@pytest.mark.parametrize("budget", [PixelBudget(), PixelBudget(50_176, 28), PixelBudget(1024, 32)])
def test_a_picture_keeps_its_shape_within_its_budget(
    height: int, width: int, aspect: float, budget: PixelBudget
) -> None:
    rows, columns = budget.size(height, width, aspect)
    assert rows * columns <= budget.pixels
    assert rows % budget.multiple == columns % budget.multiple == 0
    if min(rows, columns) > 5 * budget.multiple:
        assert columns / rows == pytest.approx(width * aspect / height, rel=0.15)
    # Never enlarged, but to a whole multiple.
    assert rows <= max(height, budget.multiple)
    assert columns <= max(width * aspect, budget.multiple)


def test_a_frame_is_shown_whole_and_one_of_another_shape_between_bars() -> None:
    small = transform_to(PixelBudget(14_400), "crop")
    wide = np.full((180, 320, 3), 200, dtype=np.uint8)
    assert small(wide, 1.0).shape == (90, 160, 3)
    assert (small(wide, 1.0) == 200).all()
    square = small(np.full((300, 300, 3), 200, dtype=np.uint8), 1.0)
    assert square.shape == (90, 160, 3)
    assert (square[:, 35:125] == 200).all()
    assert not square[:, :35].any()
    assert not square[:, 125:].any()


def test_the_next_film_has_a_shape_of_its_own() -> None:
    budget = PixelBudget(14_400)
    transform_to(budget, "crop")(np.zeros((180, 320, 3), dtype=np.uint8), 1.0)
    assert transform_to(budget, "crop")(np.zeros((320, 180, 3), dtype=np.uint8), 1.0).shape == (160, 90, 3)


@pytest.mark.parametrize("size", [224, PixelBudget(50_176, 28)])
def test_a_size_comes_back_from_json(size: int | PixelBudget) -> None:
    assert image_size_of(json.loads(json.dumps(described(size)))) == size


@pytest.mark.parametrize("value", [None, "x", {}, {"pixels": 9, "multiple": 2}, {"pixels": 9_999, "multiple": 0}])
def test_what_is_no_size_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError, KeyError)):
        image_size_of(value)

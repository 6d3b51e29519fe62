# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trained weights blended with those a training started from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_detector_training.training_loop import BEST, CHECKPOINT, save_weights
from mask_detector_training.weight_blending import EARLIER, blended_weights, keep_earlier


class Model:
    """What a Keras model has of its weights."""

    def __init__(self, *values: float) -> None:
        self.values = [np.full(3, value, np.float32) for value in values]

    def get_weights(self) -> list[Any]:
        return self.values


def test_the_blend_lies_between_first_and_best_weights(tmp_path: Path) -> None:
    keep_earlier(tmp_path, Model(0.0, 10.0).get_weights())
    (tmp_path / CHECKPOINT).touch()
    keep_earlier(tmp_path, Model(7.0, 7.0).get_weights())  # a resumed run: its first weights stay
    save_weights(tmp_path / BEST, Model(1.0, 20.0).get_weights())
    first, second = blended_weights(tmp_path, {"weights": "yunet.onnx", "blend": 0.75})
    assert first == pytest.approx(0.75)
    assert second == pytest.approx(17.5)
    assert first.dtype == np.float32


def test_first_weights_without_an_update_are_replaced(tmp_path: Path) -> None:
    """As after a start that was interrupted, or with other initial weights."""
    keep_earlier(tmp_path, Model(0.0).get_weights())
    keep_earlier(tmp_path, Model(7.0).get_weights())
    save_weights(tmp_path / BEST, Model(1.0).get_weights())
    (blended,) = blended_weights(tmp_path, {"weights": "yunet.onnx", "blend": 0.5})
    assert blended == pytest.approx(4.0)


@pytest.mark.parametrize(
    "config", [{}, {"weights": "none", "blend": 0.75}, {"weights": "imagenet", "blend": 1}]
)
def test_random_first_weights_and_a_blend_of_1_leave_the_best_ones(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    save_weights(tmp_path / BEST, Model(1.0, 20.0).get_weights())
    assert [float(w[0]) for w in blended_weights(tmp_path, config)] == [1.0, 20.0]


def test_missing_first_weights_are_named(tmp_path: Path) -> None:
    save_weights(tmp_path / BEST, Model(1.0).get_weights())
    with pytest.raises(ValueError, match=EARLIER):
        blended_weights(tmp_path, {"weights": "yunet.onnx", "blend": 0.75})

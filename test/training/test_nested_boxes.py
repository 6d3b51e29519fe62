# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate nested``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.perception.types import Detections
from mask_detector_training.data.datasets import Record
from support.drawn_data import write_data
from support.optional import optional

optional("sklearn")

from mask_detector_training.evaluation.nested_boxes import (  # noqa: E402
    compare_choices,
    compare_iom_thresholds,
)
from mask_detector_training.evaluation.predictions import ImageResult  # noqa: E402

FACE, PART = (100.0, 100.0, 60.0, 80.0), (105.0, 105.0, 30.0, 40.0)


def result(
    labeled: list[tuple[float, ...]], detected: list[tuple[float, ...]], scores: list[float]
) -> ImageResult:
    boxes = np.array(labeled, np.float32).reshape(-1, 4)
    statuses = ("no_mask",) * len(boxes)
    record = Record(Path("x.png"), "faces", False, "drawn", "g", (500, 500), boxes, statuses)
    return ImageResult(record, Detections.of_boxes(np.array(detected), np.array(scores)))


def test_nested_boxes_cost_precision_and_people_in_front_of_others_are_counted() -> None:
    images = [
        result([FACE], [FACE, PART], [0.9, 0.6]),
        result([FACE], [FACE, PART], [0.9, 0.4]),  # low-confidence: not reported
        result([FACE, PART], [FACE], [0.9]),  # labeled: a child in front of an adult
    ]
    table = compare_iom_thresholds(images, 0.54)
    off, on = table["off"], table["0.65"]
    assert (off["precision"], on["precision"]) == (pytest.approx(3 / 4), 1.0)
    assert off["recall"] == on["recall"] == pytest.approx(3 / 4)
    assert (off["images with nested faces"], on["images with nested faces"]) == (1, 0)
    low = "images with nested faces or low-confidence boxes in faces"
    assert (off[low], on[low]) == (2, 0)
    pairs = "pairs of labeled faces nested above the threshold"
    assert (off[pairs], on[pairs], on["labeled faces"]) == (0, 1, 4)


def test_the_choice_between_nested_boxes_is_compared_with_the_label() -> None:
    images = [
        result([FACE], [FACE, PART], [0.9, 0.6]),
        result([PART], [FACE, PART], [0.9, 0.6]),
        result([FACE], [PART, FACE], [0.9, 0.3]),  # too low to be kept in any case
        result([], [FACE, PART], [0.9, 0.6]),
    ]
    table = compare_choices(images, 0.54, 0.65)
    assert {row["pairs"] for row in table.values()} == {2}
    assert table["higher score"]["IoU 0.5 or more"] == table["smaller"]["IoU 0.5 or more"] == 0.5
    assert table["larger"]["mean IoU with the label"] == pytest.approx((1 + 0.25) / 2)


@pytest.mark.slow
def test_the_command_prints_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_data(tmp_path)
    assert main(["evaluate", "nested", "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "faces: threshold" in printed and "which of two nested boxes" in printed

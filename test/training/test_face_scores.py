# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finding and framing of faces, by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.perception.types import Detections
from mask_detector_training.data.datasets import Record, load_split
from support.drawn_data import write_data
from support.optional import optional

optional("sklearn")

from mask_detector_training.evaluation.detector_scores import (  # noqa: E402
    brightness,
    score_by_light,
    score_by_source,
    score_by_width,
    score_detector,
)
from mask_detector_training.evaluation.face_scores import (  # noqa: E402
    false_faces_at_recall,
    score_faces,
    select_widths,
    threshold_of_false_faces,
)
from mask_detector_training.evaluation.metrics import average_precision  # noqa: E402
from mask_detector_training.evaluation.predictions import ImageResult  # noqa: E402

FACE, OTHER, ELSEWHERE = (100.0, 100, 40, 40), (200.0, 100, 40, 40), (300.0, 100, 40, 40)
LOOSE = (100.0, 100, 40, 96)
"""Has an IoU of 40 / 96 with ``FACE``."""
AT_RECALL = "false faces per image at recall 0.85"


def result(
    labeled: Sequence[tuple[float, ...]],
    statuses: list[str],
    detected: Sequence[tuple[float, ...]],
    scores: list[float],
    source: str = "drawn",
) -> ImageResult:
    boxes = np.array(labeled, np.float32).reshape(-1, 4)
    record = Record(Path("x.png"), "faces", False, source, "g", (500, 500), boxes, tuple(statuses))
    return ImageResult(record, Detections.of_boxes(np.array(detected), np.array(scores)))


def test_a_face_is_found_by_a_loose_box_and_framed_by_a_tight_one() -> None:
    case = result([FACE, OTHER], ["correct", "face"], [LOOSE, OTHER], [0.9, 0.8])
    scores = score_detector([case], 0.5)
    assert (scores["AP30"], scores["recall at IoU 0.3"]) == (pytest.approx(1), 1)
    # At 0.5 the better detection is false: precision 1/2 at recall 1/2.
    assert (scores["AP50"], scores["recall at IoU 0.5"]) == (pytest.approx(0.25), 0.5)
    assert scores["false faces per image"] == 0
    assert scores["mean box IoU"] == pytest.approx((1 + 40 / 96) / 2, abs=1e-3)


def test_ignored_faces_count_neither_way_and_second_boxes_are_false_faces() -> None:
    case = result(
        [FACE, OTHER],
        ["correct", "ignore"],
        [FACE, FACE, OTHER, ELSEWHERE, ELSEWHERE],
        [0.9, 0.8, 0.8, 0.7, 0.3],
    )
    empty = result([], [], [], [])
    scores = score_detector([case, empty], 0.5)
    assert scores["faces"] == 1
    assert scores["recall at IoU 0.3"] == 1
    # Of the second box of the face and of the one elsewhere; the last is below the threshold.
    assert scores["false faces per image"] == pytest.approx(2 / 2)
    assert scores["precision at IoU 0.3"] == pytest.approx(1 / 3)
    missed = score_detector([result([FACE], ["correct"], [], [])], 0.5)
    assert (missed["AP30"], missed["recall at IoU 0.3"]) == (0, 0)
    assert np.isnan(missed["mean box IoU"])


def test_false_faces_at_a_recall() -> None:
    boxes = [(100.0 * column, 0.0, 40.0, 40.0) for column in range(6)]
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    # The faces have the scores 0.9, 0.7 and 0.4; the other detections are false.
    case = result([boxes[0], boxes[2], boxes[5]], ["no_mask"] * 3, boxes, scores)
    images = [case.labeled_detections]
    assert false_faces_at_recall(images, 0.6) == pytest.approx((0.7, 1.0))
    assert false_faces_at_recall(images, 0.85) == pytest.approx((0.4, 3.0))
    assert score_detector([case], 0.5)[AT_RECALL] == 3.0
    unreached = result([FACE], ["no_mask"], [], []).labeled_detections
    assert np.isnan(false_faces_at_recall([unreached])).all()


def test_the_threshold_for_a_number_of_false_faces() -> None:
    boxes = [(100.0 * column, 0.0, 40.0, 40.0) for column in range(4)]
    case = result([boxes[1]], ["no_mask"], boxes, [0.9, 0.8, 0.7, 0.1]).labeled_detections
    for false_faces in (0, 1, 2, 3, 4):
        threshold = threshold_of_false_faces([case], false_faces)
        assert score_faces([case], threshold)["false faces per image"] == min(false_faces, 3)
    assert score_faces([case], threshold_of_false_faces([case], 1))["recall at IoU 0.3"] == 1


def test_a_width_band_ignores_other_faces_and_stray_detections() -> None:
    narrow, wide, stray = (0.0, 0, 10, 10), (300.0, 0, 60, 60), (600.0, 0, 60, 60)
    case = result([(0, 0, 14, 14), wide], ["correct"] * 2, [stray, wide, narrow], [0.95, 0.9, 0.8])
    # The narrow detection has an IoU of 100 / 196 with its face of 14 px.
    images = [case.labeled_detections]
    assert average_precision(select_widths(images, 12, 20)) == pytest.approx(1.0)
    assert average_precision(select_widths(images, 50, np.inf)) == pytest.approx(0.5)
    table = score_by_width([case], 0.5)
    assert {name: row["faces"] for name, row in table.items()} == {
        "12-24 px": 1, "24-48 px": 0, "48+ px": 1,
    }  # fmt: skip
    assert [table[name]["false faces per image"] for name in table] == [0, 0, 1]


def test_a_loose_box_of_another_width_still_finds_its_face() -> None:
    # 70 px high and wide against 40: IoU 0.33, and outside of the band of the face.
    case = result([FACE], ["correct"], [(100.0, 100, 70, 70)], [0.9])
    row = score_by_width([case], 0.5)["24-48 px"]
    assert (row["AP30"], row["recall at IoU 0.3"]) == (pytest.approx(1), 1)
    assert (row["AP50"], row["false faces per image"]) == (0, 0)


def test_scores_by_source() -> None:
    cases = [
        result([FACE], ["correct"], [FACE], [0.9], "one"),
        result([FACE], ["correct"], [ELSEWHERE], [0.9], "two"),
    ]
    table = score_by_source(cases, 0.5)
    assert {name: row["recall at IoU 0.3"] for name, row in table.items()} == {"one": 1, "two": 0}
    assert table["two"]["false faces per image"] == 1


def test_brightness_of_boxes() -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, 30:] = 200
    boxes = np.array([(0, 0, 30, 40), (20, 0, 20, 10), (50, 30, 30, 30), (70, 0, 5, 5)])
    assert brightness(image, boxes) == pytest.approx([0, 100, 200, 0])


def test_scores_by_light(tmp_path: Path) -> None:
    import cv2

    root = write_data(tmp_path, scenes=4)
    file = root / "faces" / "val.jsonl"
    for number, line in enumerate(file.read_text().splitlines()):
        path = root / "faces" / json.loads(line)["image"]
        cv2.imwrite(str(path), np.full((150, 200, 3), 50 * (number + 1), np.uint8))
    records = [record for record in load_split(root, "val") if record.folder == "faces"]
    # Found in all images but the darkest, with one false face in the brightest.
    results = []
    for number, record in enumerate(records):
        found = record.boxes if number else record.boxes[:0]
        if number == len(records) - 1:
            found = np.concatenate([found, [(150, 100, 30, 40)]])
        results.append(ImageResult(record, Detections.of_boxes(found, np.full(len(found), 0.9))))
    table = score_by_light(results, 0.5)
    assert [row["faces"] for row in table.values()] == [2, 2, 2, 2]
    assert [row["recall at IoU 0.3"] for row in table.values()] == [0, 1, 1, 1]
    assert [row["false faces per image"] for row in table.values()] == [0, 0, 0, 0.25]

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate robustness``: the changes to images, and the scores in them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.cli import main
from mask_detector_ros.perception.types import Detections
from mask_detector_training.data.datasets import Record
from support.drawn_data import write_data
from support.optional import optional

optional("sklearn")

from mask_detector_training.evaluation.changed_images import changed_copies  # noqa: E402
from mask_detector_training.evaluation.image_changes import (  # noqa: E402
    CHANGES,
    TILTS,
    UNCHANGED,
    ImageChange,
    cut_closely,
    mirrored,
    tilted,
    upside_down,
    with_light,
)
from mask_detector_training.evaluation.robustness import (  # noqa: E402
    Detector,
    beside,
    measure_robustness,
    plot_robustness,
)

BOX: FloatArray = np.array([[150, 40, 20, 20]], np.float32)


def bright_square() -> Image:
    image = np.zeros((200, 200, 3), np.uint8)
    image[40:60, 150:170] = 255
    return image


def find_bright(image: np.ndarray) -> Detections:
    """Detects the bright part of an image, if it is bright enough."""
    rows, columns = np.nonzero(image.max(axis=2) > 127)
    if not len(rows):
        return Detections.empty()
    low, high = (columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)
    return Detections.of_boxes(np.array([[*low, *np.subtract(high, low)]]), np.array([0.9]))


def record(folder: Path, image: np.ndarray, boxes: np.ndarray = BOX) -> Record:
    path = folder / f"{len(list(folder.iterdir()))}.png"
    cv2.imwrite(str(path), image)
    size = (image.shape[1], image.shape[0])
    statuses = ("no_mask",) * len(boxes)
    return Record(path, "faces", False, "drawn", "g", size, boxes, statuses)


def test_a_tilted_box_encloses_the_tilted_face() -> None:
    turned, boxes = tilted(30)(bright_square(), BOX)
    rows, columns = np.nonzero(turned[..., 0] > 127)
    x, y, w, h = boxes[0]
    assert (x + w / 2, y + h / 2) == pytest.approx((columns.mean(), rows.mean()), abs=1)
    assert (w, h) == pytest.approx((20, 20), abs=0.01)  # of a circle
    assert columns.mean() > 160 and rows.mean() > 50  # clockwise
    wide = tilted(90)(bright_square(), np.array([[90, 95, 20, 10]], np.float32))[1][0]
    assert wide == pytest.approx([95, 90, 10, 20], abs=0.01)


@pytest.mark.parametrize("change", [mirrored, upside_down, tilted(90), tilted(-90), cut_closely])
def test_boxes_move_with_the_image(change: object) -> None:
    assert callable(change)
    changed, boxes = change(bright_square(), BOX)
    assert boxes == pytest.approx(find_bright(changed).boxes, abs=1)
    assert np.abs(boxes - BOX).max() > 50


@pytest.mark.parametrize("change", CHANGES[1:], ids=lambda change: str(change.name))
def test_every_change_changes_the_image_and_keeps_its_type(change: ImageChange) -> None:
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), 2), np.uint8)
    before = image.copy()
    face: FloatArray = np.array([[50, 20, 60, 75]], np.float32)
    for apply in change.variants:
        changed, boxes = apply(image, face)
        assert changed.dtype == np.uint8 and changed.shape[2:] == (3,)
        if changed.shape == image.shape:
            assert np.abs(changed.astype(int) - before).mean() > 0.5
        else:
            assert "cut" in change.name
        assert boxes.shape == face.shape
        assert np.array_equal(changed, apply(image, face)[0]), "not the same each time"
    assert np.array_equal(image, before), "changed in place"


def test_a_quarter_of_the_light_is_about_half_the_pixel_value() -> None:
    image = np.full((4, 4, 3), 200, np.uint8)
    assert with_light(image, 1 / 4).max() == 107
    assert with_light(image, 4).max() == 255


def test_a_face_turned_out_of_the_image_does_not_count(tmp_path: Path) -> None:
    boxes: FloatArray = np.array([(90, 90, 20, 20), (2, 2, 20, 20), (50, 50, 8, 8)], np.float32)
    labeled = record(tmp_path, bright_square(), boxes)
    [unchanged] = changed_copies(UNCHANGED, bright_square(), labeled)
    assert unchanged.ignored.tolist() == [False, False, True]  # the last is too narrow
    for copy in changed_copies(TILTS[2], bright_square(), labeled):
        assert copy.ignored.tolist() == [False, True, True]
        assert copy.labeled_detections(Detections.empty()).ignored.tolist() == [False, True, True]


def test_the_recall_lost_is_of_the_same_faces(tmp_path: Path) -> None:
    dark = ImageChange("dark", (lambda image, boxes: (image // 3, boxes),))
    corner = np.zeros((200, 200, 3), np.uint8)
    corner[2:22, 2:22] = 255
    records = [
        record(tmp_path, bright_square()),
        record(tmp_path, corner, np.array([(2, 2, 20, 20)], np.float32)),
        record(tmp_path, np.zeros_like(corner)),  # its face is never found
    ]
    detectors = {"ours": Detector(find_bright, 0.5)}
    tables, thresholds = measure_robustness(detectors, records, (UNCHANGED, dark, TILTS[2]))
    rows = tables["ours"]
    assert thresholds == {"ours": 0.5}
    assert rows["unchanged"]["recall at IoU 0.3"] == pytest.approx(2 / 3)
    assert rows["unchanged"]["recall lost at IoU 0.3"] == 0
    assert rows["dark"]["recall at IoU 0.5"] == 0
    assert rows["dark"]["recall lost at IoU 0.3"] == pytest.approx(2 / 3)
    # The face in the corner leaves the image both ways: of four faces two are found, as before.
    assert rows["tilted by 45°"]["faces"] == 4
    assert rows["tilted by 45°"]["recall at IoU 0.3"] == 0.5
    assert rows["tilted by 45°"]["recall lost at IoU 0.3"] == 0


def test_another_detector_gets_as_many_false_faces(tmp_path: Path) -> None:
    def careless(image: np.ndarray) -> Detections:
        boxes = np.array([BOX[0], (20, 20, 20, 20), (60, 60, 20, 20)])
        second = 0.2 if image[:100].any() else 0.25
        return Detections.of_boxes(boxes, np.array([0.3, second, 0.1]))

    records = [record(tmp_path, bright_square()), record(tmp_path, bright_square()[::-1].copy())]
    detectors = {"ours": Detector(find_bright, 0.5), "other": Detector(careless)}
    tables, thresholds = measure_robustness(detectors, records, (UNCHANGED, CHANGES[1]))
    ours, other = (tables[name]["unchanged"]["false faces per image"] for name in detectors)
    # The second image is labeled as the first: one false face of ours in two images.
    assert ours == other == 0.5
    assert 0.2 < thresholds["other"] <= 0.25
    merged = beside(tables)["gray"]
    assert merged["faces"] == 2
    assert merged["false faces per image"] == "0.500 / 0.500"
    optional("matplotlib")
    plot_robustness(tmp_path / "plot.png", tables)
    drawn = cv2.imread(str(tmp_path / "plot.png"))
    assert drawn is not None and min(drawn.shape[:2]) > 150


@pytest.mark.slow
def test_the_command_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    optional("matplotlib")
    write_data(tmp_path)
    command = ["evaluate", "robustness", "--data", str(tmp_path), "--images", "1"]
    assert main([*command, "--json", "--plot", str(tmp_path / "plot.png")]) == 0
    tables = json.loads(capsys.readouterr().out)
    assert list(tables["ours"]) == [change.name for change in CHANGES]
    assert (tmp_path / "plot.png").stat().st_size > 10_000
    (tmp_path / "file").touch()
    assert main([*command, "--plot", str(tmp_path / "file" / "x.png")]) == 2
    assert "cannot be written" in capsys.readouterr().err

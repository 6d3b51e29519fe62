# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate``: how answers are counted, and what its commands print."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.perception.face_detector import FaceDetector, grid_centers
from mask_detector_ros.perception.models import Model, ModelError
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.types import CLASS_LABELS, Detections, UnknownReason
from mask_detector_training.data.class_mapping import VIEWS
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation import as_markdown
from mask_detector_training.evaluation.blur_threshold import by_threshold
from mask_detector_training.evaluation.end_to_end import meet
from mask_detector_training.evaluation.mapped_classes import two_classes
from mask_detector_training.evaluation.metrics import average_precision
from mask_detector_training.evaluation.one_stage import OneStageDetector, by_turns
from mask_detector_training.evaluation.predictions import Scene, Told
from mask_detector_training.evaluation.split_scores import (
    only_widths,
    score_classifier,
    score_pipeline,
    view_table,
)
from support.drawn_data import write_data

NO_MASK, BELOW, NOSE, CORRECT = np.eye(4, dtype=np.float32)
PLACES = [(100.0 * place, 0.0, 40.0, 40.0) for place in range(5)]


def record(statuses: list[str], boxes: list[tuple[float, ...]] | None = None) -> Record:
    placed = np.array(boxes or PLACES[: len(statuses)], np.float32).reshape(-1, 4)
    return Record(Path("x.png"), "faces", False, "drawn", "g", (500, 100), placed, tuple(statuses))


def scene(
    statuses: list[str], found: list[int], said: list[np.ndarray], scores: list[float]
) -> Scene:
    faces = Detections.of_boxes(np.array([PLACES[i] for i in found]), np.array(scores))
    return Scene(record(statuses), faces.with_(probabilities=np.array(said, np.float32)))


def test_a_range_of_widths_leaves_other_faces_and_misses_out() -> None:
    narrow, wide, stray = (0.0, 0, 10, 10), (300.0, 0, 60, 60), (600.0, 0, 60, 60)
    found = Detections.of_boxes(np.array([stray, wide, narrow]), np.array([0.95, 0.9, 0.8]))
    answers = Scene(record(["correct"] * 2, [(0, 0, 14, 14), wide]), found).answers
    # The narrow box overlaps its face of 14 px by 100 / 196.
    assert average_precision(only_widths([answers], 12, 20)) == pytest.approx(1.0)
    assert average_precision(only_widths([answers], 50, np.inf)) == pytest.approx(0.5)


def test_a_lower_threshold_hides_more_faces_and_smudges_more() -> None:
    # Two faces, one reported and one only faint; a fainter box of 40 x 40 lies elsewhere in
    # the picture of 500 x 100.
    case = scene(["correct", "no_mask"], [0, 1, 3], [CORRECT] * 3, [0.9, 0.4, 0.3])
    table = by_threshold([case], 0.54)
    assert table["0.54"] == {
        "faces blurred": 0.5, "large smudges per picture": 0.0, "area smudged": 0.0,
    }  # fmt: skip
    assert table["0.4"]["faces blurred"] == 1.0
    assert table["0.4"]["large smudges per picture"] == 0.0
    assert table["0.3"]["large smudges per picture"] == 1.0
    assert table["0.3"]["area smudged"] == pytest.approx(1600 / 50000)


def test_classes_found_and_told_by_hand() -> None:
    # correct: its face is found (0.9), and a bare face is said to be correct (0.8 * 0.7):
    # AP 1. no_mask: the only bare face was said to be correct: AP 0. incorrect: two of two
    # faces, one of them labeled just so: AP 1. Mean 2/3.
    doubtful = 0.7 * CORRECT + 0.3 * NO_MASK
    case = scene(
        ["correct", "no_mask", "nose_exposed", "incorrect", "ignore"],
        [0, 1, 2, 3, 4],
        [CORRECT, doubtful, NOSE, BELOW, NO_MASK],
        [0.9, 0.8, 0.7, 0.6, 0.99],
    )
    scores = score_pipeline([case])
    assert scores == {
        "mean AP50": pytest.approx(2 / 3),
        "AP50 no_mask": 0.0,
        "AP50 incorrect": pytest.approx(1.0),
        "AP50 correct": pytest.approx(1.0),
    }
    # In four classes the face labeled `incorrect` may be either of two: neutral to both,
    # so nobody below the mouth is labeled, and the nose that shows is found.
    four = score_pipeline([case], VIEWS[4])
    assert four["AP50 nose_exposed"] == pytest.approx(1.0)
    assert np.isnan(four["AP50 below_mouth"])


def test_a_score_is_the_product_of_face_and_class() -> None:
    # By the face alone the false one came first; by the product 0.9 * 0.5 < 0.6 * 1 it is
    # second, and the curve is 1 up to full recall.
    half = np.array([0.2, 0.15, 0.15, 0.5], np.float32)
    case = scene(["correct"], [0, 1], [CORRECT, half], [0.6, 0.9])
    assert score_pipeline([case])["AP50 correct"] == pytest.approx(1.0)


def told(statuses: list[str], said: list[np.ndarray]) -> Told:
    rows = len(statuses)
    picture = record(statuses)
    return Told((picture,) * rows, picture.boxes, np.array(statuses), np.array(said))


def test_four_three_and_two_classes() -> None:
    some = told(
        ["no_mask", "below_mouth", "nose_exposed", "correct", "incorrect"],
        [NO_MASK, NO_MASK, BELOW, CORRECT, NOSE],
    )
    assert view_table(some, VIEWS[4]).sum() == 4
    three = view_table(some, VIEWS[3])
    assert VIEWS[3].names == ("no_mask", "incorrect", "correct")
    assert three.tolist() == [[1, 0, 0], [1, 2, 0], [0, 0, 1]]
    # Below the mouth is no mask and the nose exposed one, unless told otherwise.
    two = two_classes()
    assert two.names == ("no_mask", "mask")
    assert view_table(some, two).tolist() == [[2, 0], [1, 1]]
    assert view_table(some, two_classes([])).tolist() == [[3, 0], [0, 1]]
    both = two_classes(["below_mouth", "nose_exposed"])
    assert view_table(some, both).tolist() == [[1, 0], [1, 2]]


def test_the_classifier_is_scored_on_wide_faces_of_the_four_classes() -> None:
    some = told(["no_mask", "correct", "incorrect", "correct"], [NO_MASK, CORRECT, NOSE, NO_MASK])
    narrow = Told(some.records, some.boxes * 0.5, some.statuses, some.probabilities)
    report = score_classifier(some)
    assert report["faces"] == 3
    # no_mask: 1 right of 2 said and 1 labeled, 2/3; correct: 1 of 1 and 2, 2/3.
    assert report["macro F1"] == pytest.approx(2 / 3)
    # All were said to be sure, one of three is wrong.
    assert report["calibration error"] == pytest.approx(1 / 3)
    assert score_classifier(narrow)["faces"] == 0


def test_what_the_product_tells_and_holds_back() -> None:
    case = scene(
        ["correct", "no_mask", "nose_exposed", "incorrect"],
        [0, 1, 3, 4],
        [CORRECT, CORRECT, CORRECT, CORRECT],
        [0.9, 0.8, 0.9, 0.9],
    )
    reasons = np.array([UnknownReason.NONE, UnknownReason.BLURRED] + [UnknownReason.NONE] * 2)
    case = Scene(case.record, case.faces.with_(frame_reason=reasons))
    met = meet([case], 0.5)
    # Three are labeled with a class, two of them found; one is told, and rightly.
    assert met.labeled == 3
    assert met.unknown_rate == pytest.approx(0.5)
    assert met.table(met.told)[3, 3] == met.table(met.told).sum() == 1
    assert met.table(~met.told)[0, 3] == 1
    assert meet([case], 0.85).unknown_rate == 0.0
    assert np.isnan(meet([], 0.5).unknown_rate)


class Planted:
    """A runtime that answers with the same rows whatever it is shown."""

    name, form = "planted", "planted"

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows

    def run(self, images: np.ndarray) -> np.ndarray:
        return self._rows[np.newaxis]


SPEC = {"strides": [8, 16, 32], "classes": list(CLASS_LABELS)}
ONE_STAGE = Model("face_detector", "0", 64, 64, {}, SPEC)


def planted() -> np.ndarray:
    """Two neighboring cells that see one face, and a third that sees another."""
    centers = grid_centers(64, 64, SPEC["strides"])
    rows = np.zeros((len(centers), 19), np.float32)
    for cell, box, score, wear in (
        (9, (4, 4, 20, 20), 0.9, NO_MASK),
        (10, (4, 4, 20, 20), 0.3, CORRECT),
        (45, (36, 36, 16, 16), 0.8, NOSE),
    ):
        x, y = centers[cell]
        left, top, width, height = box
        rows[cell, :5] = score, x - left, y - top, left + width - x, top + height - y
        rows[cell, 15:] = wear
    return rows


@pytest.mark.parametrize("side", [64, 128])
def test_one_stage_finds_what_the_detector_finds_and_tells_it(side: int) -> None:
    image = np.zeros((side, side, 3), np.uint8)
    settings = DetectorSettings(faint_threshold=0.25)
    found = OneStageDetector(ONE_STAGE, Planted(planted())).detect(image, settings)
    faces = FaceDetector(ONE_STAGE, Planted(planted()[:, :15])).detect(image, settings)
    assert found.boxes == pytest.approx(faces.boxes)
    assert found.boxes[0] == pytest.approx(np.array([4, 4, 20, 20]) * side / 64, abs=0.01)
    assert found.scores == pytest.approx([0.9, 0.8])
    # The first face's cells vote by their scores, 0.9 to 0.3.
    assert found.probabilities[0] == pytest.approx(0.75 * NO_MASK + 0.25 * CORRECT)
    assert found.probabilities[1] == pytest.approx(NOSE)


def test_one_stage_without_faces() -> None:
    empty = np.zeros_like(planted())
    image = np.zeros((64, 64, 3), np.uint8)
    found = OneStageDetector(ONE_STAGE, Planted(empty)).detect(image, DetectorSettings())
    assert found.probabilities.shape == (0, 4)


def test_one_stage_refuses_a_detector_of_faces_only() -> None:
    model = Model("face_detector", "0", 64, 64, {"any": None}, {"strides": [8, 16, 32]})
    object.__setattr__(model, "files", {"tflite": type("File", (), {"sha256": "0" * 64})()})
    with pytest.raises(ModelError, match=r"faces only.*--wear"):
        OneStageDetector(model, Planted(planted()))


def test_works_are_timed_by_turns() -> None:
    turns: list[str] = []
    spent = by_turns({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, 5)
    assert set(spent) == {"a", "b"}
    rounds = [turns[at : at + 2] for at in range(0, len(turns), 2)]
    assert len(rounds) == 8 and all(sorted(one) == ["a", "b"] for one in rounds)


def test_tables() -> None:
    assert as_markdown({"AP50": 0.5, "faces": 3}).splitlines()[2:] == [
        "| AP50 | 0.5000 |",
        "| faces | 3 |",
    ]
    both = as_markdown({"two": {"AP50": 0.5}, "one": {"AP50": 0.25}})
    assert both.splitlines() == [
        "| figure | two | one |",
        "| --- | ---: | ---: |",
        "| AP50 | 0.5000 | 0.2500 |",
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), scenes=2)


def test_the_shipped_models_are_scored(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"detector": "AP50", "classifier": "macro F1", "pipeline": "mean AP50"}
    for what, figure in figures.items():
        assert main(["evaluate", what, "--data", str(data), "--json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert 0 <= printed[figure] <= 1
    # Nobody in these two scenes wears a mask correctly.
    assert printed["AP50 correct"] is None


def test_wrong_use_is_explained(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = str(Path(__file__).parents[2] / "models")
    assert main(["evaluate", "one-stage", shipped, "--data", str(data)]) == 1
    assert "--wear" in capsys.readouterr().err
    assert main(["evaluate", "one-stage", str(tmp_path), "--data", str(data)]) == 1
    assert "no model manifest" in capsys.readouterr().err
    assert main(["evaluate", "report", "--data", str(data)]) == 2
    assert "--out" in capsys.readouterr().err
    broken = tmp_path / "yunet.onnx"
    broken.write_bytes(b"garbage")
    assert main(["evaluate", "time", "--yunet", str(broken)]) == 2
    assert f"{broken} is damaged or no ONNX file; check --yunet" in capsys.readouterr().err
    assert main(["evaluate", "everything"]) == 2
    assert "one-stage" in capsys.readouterr().err

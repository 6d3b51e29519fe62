# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate``: metrics of hand-made predictions, and the output of the commands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.perception.face_detector import FaceDetector, grid_centers
from mask_detector_ros.perception.models import Model, ModelError, ModelFile
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.types import CLASS_LABELS, Detections, UnknownReason
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.datasets import Record
from support.drawn_data import write_data
from support.optional import optional

optional("sklearn")

from mask_detector_training.evaluation import as_markdown  # noqa: E402
from mask_detector_training.evaluation.blur_threshold import compare_thresholds  # noqa: E402
from mask_detector_training.evaluation.end_to_end import match_faces  # noqa: E402
from mask_detector_training.evaluation.inference_time import time_interleaved  # noqa: E402
from mask_detector_training.evaluation.mapped_classes import two_class_mapping  # noqa: E402
from mask_detector_training.evaluation.metrics import confusion_matrix  # noqa: E402
from mask_detector_training.evaluation.one_stage import OneStageDetector  # noqa: E402
from mask_detector_training.evaluation.predictions import FacePredictions, ImageResult  # noqa: E402
from mask_detector_training.evaluation.split_scores import (  # noqa: E402
    mapped_classes,
    score_classifier,
    score_pipeline,
)

STRAY = "large areas hidden without a face, per image"
NO_MASK, BELOW, NOSE, CORRECT = np.eye(4, dtype=np.float32)
BOXES = [(100.0 * index, 0.0, 40.0, 40.0) for index in range(5)]


def record(statuses: list[str], boxes: list[tuple[float, ...]] | None = None) -> Record:
    placed = np.array(boxes or BOXES[: len(statuses)], np.float32).reshape(-1, 4)
    return Record(Path("x.png"), "faces", False, "drawn", "g", (500, 100), placed, tuple(statuses))


def result(
    statuses: list[str],
    detected: list[int],
    probabilities: list[np.ndarray],
    scores: list[float],
) -> ImageResult:
    """An image with labeled faces at ``BOXES``, and detections at some of them."""
    faces = Detections.of_boxes(np.array([BOXES[i] for i in detected]), np.array(scores))
    return ImageResult(
        record(statuses), faces.with_(probabilities=np.array(probabilities, np.float32))
    )


def test_a_lower_threshold_hides_more_faces_and_more_background() -> None:
    # Two faces, one reported and one detected with low confidence; a detection of 40 x 40 with
    # lower confidence is elsewhere in the image of 500 x 100.
    case = result(["correct", "no_mask"], [0, 1, 3], [CORRECT] * 3, [0.9, 0.4, 0.3])
    table = compare_thresholds([case], 0.54)
    assert table["0.54"] == {
        "faces hidden": 0.5, STRAY: 0.0, "area hidden without a face": 0.0,
    }  # fmt: skip
    assert table["0.4"]["faces hidden"] == 1.0
    assert table["0.4"][STRAY] == 0.0
    assert table["0.3"][STRAY] == 1.0
    assert table["0.3"]["area hidden without a face"] == pytest.approx(1600 / 50000)


def test_pipeline_average_precision_by_hand() -> None:
    # correct: its face is found (0.9), and a bare face is predicted as correct (0.8 * 0.7):
    # AP 1. no_mask: the only bare face is predicted as correct: AP 0. incorrect: two of two
    # faces, one of them labeled ``incorrect``: AP 1. Mean 2/3.
    doubtful = 0.7 * CORRECT + 0.3 * NO_MASK
    case = result(
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
    # In four classes the face labeled `incorrect` may be either of two and is ignored by both:
    # below_mouth has no labeled face, and the one of nose_exposed is found.
    four = score_pipeline([case], CLASS_MAPPINGS[4])
    assert four["AP50 nose_exposed"] == pytest.approx(1.0)
    assert np.isnan(four["AP50 below_mouth"])


def test_the_score_is_the_product_of_face_score_and_class_probability() -> None:
    # By the face score the false positive would be first; by the product 0.9 * 0.5 < 0.6 * 1 it
    # is second, and precision is 1 up to full recall.
    half = np.array([0.2, 0.15, 0.15, 0.5], np.float32)
    case = result(["correct"], [0, 1], [CORRECT, half], [0.6, 0.9])
    assert score_pipeline([case])["AP50 correct"] == pytest.approx(1.0)


def predictions(statuses: list[str], probabilities: list[np.ndarray]) -> FacePredictions:
    image = record(statuses)
    records = (image,) * len(statuses)
    return FacePredictions(records, image.boxes, np.array(statuses), np.array(probabilities))


def confusion(faces: FacePredictions, mapping: ClassMapping) -> np.ndarray:
    return confusion_matrix(*mapped_classes(faces, mapping), len(mapping.names))


def test_four_three_and_two_classes() -> None:
    faces = predictions(
        ["no_mask", "below_mouth", "nose_exposed", "correct", "incorrect"],
        [NO_MASK, NO_MASK, BELOW, CORRECT, NOSE],
    )
    assert confusion(faces, CLASS_MAPPINGS[4]).sum() == 4
    three = confusion(faces, CLASS_MAPPINGS[3])
    assert CLASS_MAPPINGS[3].names == ("no_mask", "incorrect", "correct")
    assert three.tolist() == [[1, 0, 0], [1, 2, 0], [0, 0, 1]]
    # By default below_mouth is mapped to no_mask and nose_exposed to mask.
    two = two_class_mapping()
    assert two.names == ("no_mask", "mask")
    assert confusion(faces, two).tolist() == [[2, 0], [1, 1]]
    assert confusion(faces, two_class_mapping([])).tolist() == [[3, 0], [0, 1]]
    both = two_class_mapping(["below_mouth", "nose_exposed"])
    assert confusion(faces, both).tolist() == [[1, 0], [1, 2]]


def test_the_classifier_is_scored_on_wide_faces_of_the_four_classes() -> None:
    faces = predictions(
        ["no_mask", "correct", "incorrect", "correct"], [NO_MASK, CORRECT, NOSE, NO_MASK]
    )
    narrow = replace(faces, boxes=faces.boxes * 0.5)
    report = score_classifier(faces)
    assert report["faces"] == 3
    # no_mask: 1 correct of 2 predicted and 1 labeled, F1 2/3; correct: 1 of 1 and 2, F1 2/3.
    assert report["macro F1"] == pytest.approx(2 / 3)
    # All have a confidence of 1, one of three is wrong.
    assert report["calibration error"] == pytest.approx(1 / 3)
    assert score_classifier(narrow)["faces"] == 0


def test_classified_and_unknown_faces() -> None:
    case = result(
        ["correct", "no_mask", "nose_exposed", "incorrect"],
        [0, 1, 3, 4],
        [CORRECT, CORRECT, CORRECT, CORRECT],
        [0.9, 0.8, 0.9, 0.9],
    )
    reasons = np.array([UnknownReason.NONE, UnknownReason.BLURRED] + [UnknownReason.NONE] * 2)
    case = ImageResult(case.record, case.faces.with_(frame_reason=reasons))
    faces = match_faces([case], 0.5)
    # Three are labeled with a class and two of them found; one is classified correctly, the
    # other is UNKNOWN and would be wrong.
    assert faces.labeled == 3
    assert faces.unknown_rate == pytest.approx(0.5)
    assert faces.classified.tolist() == [True, False]
    assert faces.truth.tolist() == [3, 0]
    assert faces.predicted.tolist() == [3, 3]
    assert match_faces([case], 0.85).unknown_rate == 0.0
    assert np.isnan(match_faces([], 0.5).unknown_rate)


class FixedRuntime:
    """A runtime that returns the same output for all images."""

    name, file_format = "fixed", "fixed"

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows

    def run(self, images: np.ndarray) -> np.ndarray:
        return self._rows[np.newaxis]


STRIDES = [8, 16, 32]
SPEC = {"strides": STRIDES, "classes": list(CLASS_LABELS)}
ONE_STAGE = Model("face_detector", "0", 64, 64, {}, SPEC)


def one_stage_output() -> np.ndarray:
    """Two neighboring cells that detect one face, and a third that detects another."""
    centers = grid_centers(64, 64, STRIDES)
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
def test_one_stage_detects_as_the_detector_and_adds_probabilities(side: int) -> None:
    image = np.zeros((side, side, 3), np.uint8)
    settings = DetectorSettings(low_confidence_threshold=0.25)
    found = OneStageDetector(ONE_STAGE, FixedRuntime(one_stage_output())).detect(image, settings)
    faces = FaceDetector(ONE_STAGE, FixedRuntime(one_stage_output()[:, :15])).detect(
        image, settings
    )
    assert found.boxes == pytest.approx(faces.boxes)
    assert found.boxes[0] == pytest.approx(np.array([4, 4, 20, 20]) * side / 64, abs=0.01)
    assert found.scores == pytest.approx([0.9, 0.8])
    # The cells of the first face vote, weighted by their scores 0.9 and 0.3.
    assert found.probabilities[0] == pytest.approx(0.75 * NO_MASK + 0.25 * CORRECT)
    assert found.probabilities[1] == pytest.approx(NOSE)


def test_one_stage_without_faces() -> None:
    empty = np.zeros_like(one_stage_output())
    image = np.zeros((64, 64, 3), np.uint8)
    found = OneStageDetector(ONE_STAGE, FixedRuntime(empty)).detect(image, DetectorSettings())
    assert found.probabilities.shape == (0, 4)


def test_one_stage_refuses_a_detector_of_faces_only() -> None:
    files = {"tflite": ModelFile(Path("face_detector.tflite"), "0" * 64)}
    model = Model("face_detector", "0", 64, 64, files, {"strides": STRIDES})
    with pytest.raises(ModelError, match=r"faces only.*--wear-status"):
        OneStageDetector(model, FixedRuntime(one_stage_output()))


def test_calls_are_timed_in_alternation() -> None:
    calls: list[str] = []
    times = time_interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 5)
    assert set(times) == {"a", "b"}
    rounds = [calls[at : at + 2] for at in range(0, len(calls), 2)]
    assert len(rounds) == 8 and all(sorted(one) == ["a", "b"] for one in rounds)


def test_tables() -> None:
    assert as_markdown({"AP50": 0.5, "faces": 3}).splitlines()[2:] == [
        "| AP50 | 0.5000 |",
        "| faces | 3 |",
    ]
    both = as_markdown({"two": {"AP50": 0.5}, "one": {"AP50": 0.25}})
    assert both.splitlines() == [
        "| metric | two | one |",
        "| --- | ---: | ---: |",
        "| AP50 | 0.5000 | 0.2500 |",
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), scenes=2)


def test_the_shipped_models_are_scored(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = {"detector": "AP50", "classifier": "macro F1", "pipeline": "mean AP50"}
    for target, metric in metrics.items():
        assert main(["evaluate", target, "--data", str(data), "--json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert 0 <= printed[metric] <= 1
    # No face in these two images is labeled correct.
    assert printed["AP50 correct"] is None


def test_scores_are_printed_by_size_source_light_and_tilt(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "detector", "--data", str(data)]) == 0
    printed = capsys.readouterr().out
    for title, row in (
        ("by face width", "12-24 px"),
        ("by source", "drawn"),
        ("by brightness of the face", "darkest quarter"),
        ("by tilt of the image", "tilted by 15°"),
    ):
        below = printed[printed.index(f"\n{title}\n") :]
        assert f"| {row} |" in below and "| AP30 | AP50 |" in below
    assert "| false faces per image at recall 0.85 |" in printed
    labels = data / "crops" / "test.jsonl"
    assert main(["evaluate", "detector", "--labels", str(labels), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["images"], scores["faces"]) == (2, 2)
    assert main(["evaluate", "classifier", "--data", str(data), "--images", "1", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    # One image of each folder: two faces and one.
    assert scores["by source"]["drawn"]["faces"] == scores["faces"] == 3
    assert scores["in changed images"]["tilted by 15°"]["faces"] == 6
    assert set(scores["in changed images"]) >= {"unchanged", "gray", "1/4 of the light"}


def test_wrong_use_is_explained(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = str(Path(__file__).parents[2] / "models")
    assert main(["evaluate", "one-stage", shipped, "--data", str(data)]) == 1
    assert "--wear-status" in capsys.readouterr().err
    assert main(["evaluate", "one-stage", str(tmp_path), "--data", str(data)]) == 1
    assert "no model manifest" in capsys.readouterr().err
    assert main(["evaluate", "report", "--data", str(data)]) == 2
    assert "--out" in capsys.readouterr().err
    broken = tmp_path / "yunet.onnx"
    broken.write_bytes(b"garbage")
    for target in ("time", "robustness"):
        options = ["--data", str(data)] if target == "robustness" else []
        assert main(["evaluate", target, *options, "--yunet", str(broken)]) == 2
        message = f"{broken} is damaged or not an ONNX file; check --yunet"
        assert message in capsys.readouterr().err
    assert main(["evaluate", "detector", "--labels", str(tmp_path / "no.jsonl")]) == 2
    assert "--labels" in (error := capsys.readouterr().err) and "does not exist" in error
    assert main(["evaluate", "everything"]) == 2
    assert "one-stage" in capsys.readouterr().err
    assert main(["evaluate", "detector", "--images", "0"]) == 2
    assert "expected a whole number of at least 1, not '0'" in capsys.readouterr().err

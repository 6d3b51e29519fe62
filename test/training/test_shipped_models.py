# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models in ``models/``: whole, small, the same in every runtime, and as good as stated."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.geometry import letterbox
from mask_detector_ros.perception.models import load_manifest
from mask_detector_ros.perception.settings import DetectorSettings
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_ros.resources import find_resource
from mask_detector_ros.training.data import load_split
from mask_detector_ros.training.evaluate import (
    Shipped,
    score_classifier,
    score_detector,
    score_pipeline,
)

MODELS = find_resource("models")
GOLDEN = {"AP50": 0.7557, "macro F1": 0.9131, "mean AP50": 0.7297}
"""Figures of the shipped models on every fourth picture of val."""
TOLERANCE = 0.02


def drawing(size: int) -> np.ndarray:
    """Smooth colours, so that no runtime can hide behind saturated answers."""
    random = np.random.default_rng(1)
    return cv2.resize(random.integers(0, 256, (12, 16, 3), np.uint8), (size, size * 3 // 4))


def test_the_manifest_says_what_the_runtime_needs() -> None:
    models = load_manifest(MODELS)
    face, mask = models["face_detector"], models["mask_classifier"]
    assert (face.width, face.height) == (640, 480)
    assert face.spec["strides"] == [8, 16, 32]
    # What was chosen on val for this model is what the package does unless told otherwise.
    assert face.spec["score_threshold"] == pytest.approx(
        DetectorSettings().score_threshold, abs=0.01
    )
    assert face.spec["nms_iou"] == DetectorSettings().nms_iou
    assert mask.width == mask.height
    assert mask.spec["classes"] == list(CLASS_LABELS)
    assert mask.spec["input"]["context"] > 1
    for model in models.values():
        assert model.spec["licence"] == "Apache-2.0"
        assert model.spec["input"]["color"] == "bgr"
        assert model.spec["input"]["range"] == [0, 255]
        assert set(model.files) == {"tflite", "onnx"}
        for file in model.files.values():
            file.verify()


def test_they_are_small() -> None:
    files = [model.files["tflite"].path for model in load_manifest(MODELS).values()]
    assert sum(path.stat().st_size for path in files) <= 4e6


def test_every_card_names_the_files_it_is_about() -> None:
    for name, model in load_manifest(MODELS).items():
        card = (MODELS / f"{name}.md").read_text(encoding="utf-8")
        for file in model.files.values():
            assert file.sha256 in card, f"{name}.md does not name {file.path.name}'s hash"


@pytest.mark.parametrize("name", ["face_detector", "mask_classifier"])
def test_the_runtimes_agree(name: str) -> None:
    model = load_manifest(MODELS)[name]
    picture = letterbox(drawing(200), model.width, model.height)[0]
    count = 1 if name == "face_detector" else 3
    pictures = np.stack([np.roll(picture, 7 * i, axis=1) for i in range(count)])
    answers = {}
    for runtime in runtimes.available():
        answer = runtimes.load(model, runtime).run(pictures)
        answers[runtime] = answer[..., 0] if name == "face_detector" else answer
        assert answers[runtime].min() >= 0
        assert answers[runtime].max() <= 1
    for runtime, answer in answers.items():
        assert np.abs(answer - answers["opencv"]).max() < 0.02, runtime


@pytest.mark.data
@pytest.mark.slow
def test_they_are_as_good_as_stated(training_data: Path) -> None:
    records = load_split(training_data, "val")[::4]
    scenes = [r for r in records if r.folder == "faces"]
    shipped = Shipped.load(MODELS)
    found = {
        "AP50": score_detector(shipped, scenes)["AP50"],
        "macro F1": score_classifier(shipped, records)["macro F1"],
        "mean AP50": score_pipeline(shipped, scenes)["mean AP50"],
    }
    for figure, golden in GOLDEN.items():
        assert found[figure] >= golden - TOLERANCE, f"{figure}: {found[figure]:.4f}"

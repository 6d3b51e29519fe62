# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A wrong or damaged model is refused in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.models import ModelError, load_manifest
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.resources import find_resource


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A copy of the shipped models that may be spoilt."""
    return Path(shutil.copytree(find_resource("models"), tmp_path / "models"))


def spoil_manifest(models: Path, change) -> None:  # type: ignore[no-untyped-def]
    path = models / "manifest.yaml"
    content = yaml.safe_load(path.read_text())
    change(content["models"])
    path.write_text(yaml.safe_dump(content))


def test_the_shipped_models_load_in_every_runtime_installed_here(models: Path) -> None:
    assert runtimes.available()[-1] == "opencv"
    for name in runtimes.available():
        assert MaskPipeline(models, runtime=name).runtime == name


def test_runtimes_agree(models: Path) -> None:
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, 150)
    picture = video.read()[1]
    found = [
        MaskPipeline(models, runtime=name).process(picture).faces for name in runtimes.available()
    ]
    assert len(found[0]) >= 2
    for other in found[1:]:
        # The shipped .tflite has float16 weights, the .onnx float32.
        assert np.abs(other.boxes - found[0].boxes).max() < 1.0
        assert np.abs(other.scores - found[0].scores).max() < 0.02
        assert np.abs(other.probabilities - found[0].probabilities).max() < 0.03


def test_any_number_of_faces_gives_the_same_answers(models: Path) -> None:
    model = load_manifest(models)["mask_classifier"]
    crops = np.random.default_rng(1).integers(0, 255, (13, model.height, model.width, 3), np.uint8)
    for name in runtimes.available():
        runtime = runtimes.load(model, name)
        together = runtime.run(crops)
        single = np.concatenate([runtime.run(crops[i : i + 1]) for i in range(len(crops))])
        assert together.shape == (13, 4)
        assert np.allclose(together, single, atol=1e-4), name


def test_a_damaged_file_is_refused(models: Path) -> None:
    file = models / "face_detector" / "face_detector.onnx"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"face_detector\.onnx is damaged.*export"):
        MaskPipeline(models, runtime="opencv")


def test_a_missing_file_is_named(models: Path) -> None:
    (models / "mask_classifier" / "mask_classifier.onnx").unlink()
    with pytest.raises(ModelError, match=r"mask_classifier\.onnx cannot be read"):
        MaskPipeline(models, runtime="opencv")


@pytest.mark.parametrize("content", ["", "models: [1]", "models: {face_detector: {}}", "a: ["])
def test_a_broken_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.yaml").write_text(content)
    with pytest.raises(ModelError, match=r"manifest\.yaml"):
        load_manifest(tmp_path)


def test_a_missing_manifest_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path)):
        load_manifest(tmp_path)


def test_foreign_classes_are_refused(models: Path) -> None:
    spoil_manifest(models, lambda m: m["mask_classifier"].update(classes=["mask", "no_mask"]))
    with pytest.raises(ModelError, match="expected no_mask, below_mouth"):
        MaskPipeline(models)


def test_a_model_without_a_file_for_the_runtime_is_refused(models: Path) -> None:
    spoil_manifest(models, lambda m: m["face_detector"]["files"].pop("onnx"))
    with pytest.raises(ModelError, match=r"no \.onnx file"):
        MaskPipeline(models, runtime="opencv")


def test_an_unknown_runtime_lists_the_known(models: Path) -> None:
    with pytest.raises(ModelError, match="known are auto, litert, onnxruntime, opencv"):
        MaskPipeline(models, runtime="abacus")

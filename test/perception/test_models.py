# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loading of models, and clear errors for wrong or damaged ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    """A copy of the shipped models that a test can change."""
    return Path(shutil.copytree(find_resource("models"), tmp_path / "models"))


def change_manifest(models: Path, change: Callable[[Any], object]) -> None:
    path = models / "manifest.yaml"
    content = yaml.safe_load(path.read_text())
    change(content["models"])
    path.write_text(yaml.safe_dump(content))


def test_the_shipped_models_load_in_every_installed_runtime(models: Path) -> None:
    assert runtimes.available()[-1] == "opencv"
    for name in runtimes.available():
        assert MaskPipeline(models, runtime=name).runtime == name


def test_runtimes_agree(models: Path) -> None:
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, 150)
    image = np.asarray(video.read()[1], np.uint8)
    found = [
        MaskPipeline(models, runtime=name).process(image).faces for name in runtimes.available()
    ]
    assert len(found) >= 2, "only one runtime is installed"
    assert len(found[0]) >= 2
    for other in found[1:]:
        # The shipped .tflite has float16 weights, the .onnx float32.
        assert np.abs(other.boxes - found[0].boxes).max() < 1.0
        assert np.abs(other.scores - found[0].scores).max() < 0.02
        assert np.abs(other.probabilities - found[0].probabilities).max() < 0.03


def test_the_batch_size_does_not_change_the_output(models: Path) -> None:
    model = load_manifest(models)["mask_classifier"]
    crops = np.random.default_rng(1).integers(0, 255, (13, model.height, model.width, 3), np.uint8)
    for name in runtimes.available():
        runtime = runtimes.load(model, name)
        batch = runtime.run(crops)
        single = np.concatenate([runtime.run(crops[i : i + 1]) for i in range(len(crops))])
        assert batch.shape == (13, len(model.spec["classes"]))
        assert np.allclose(batch, single, atol=1e-4), name


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


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path)):
        load_manifest(tmp_path)


def test_other_classes_are_refused(models: Path) -> None:
    change_manifest(models, lambda m: m["mask_classifier"].update(classes=["mask", "no_mask"]))
    with pytest.raises(ModelError, match="expected no_mask, below_mouth"):
        MaskPipeline(models)


@pytest.mark.parametrize("classes", [5, None, [1, 2], [["no_mask"]], "no_mask", {"no_mask": 1}])
def test_classes_that_are_no_list_of_names_are_refused(models: Path, classes: object) -> None:
    change_manifest(models, lambda m: m["mask_classifier"].update(classes=classes))
    with pytest.raises(ModelError, match="mask_classifier"):
        MaskPipeline(models)


@pytest.mark.parametrize("field", ["strides", "context"])
@pytest.mark.parametrize("value", [None, "8, 16", [0, "x"]])
def test_malformed_fields_are_refused(models: Path, field: str, value: object) -> None:
    name = "face_detector" if field == "strides" else "mask_classifier"

    def change(entries: Any) -> None:
        entry = entries[name] if field == "strides" else entries[name]["input"]
        entry[field] = value

    change_manifest(models, change)
    with pytest.raises(ModelError, match=f"entry of {name}"):
        MaskPipeline(models)


def test_a_network_of_another_shape_than_its_entry_is_refused(models: Path) -> None:
    """Otherwise the probabilities of one class would be taken for those of another."""
    names = ["no_mask", "below_mouth", "nose_exposed", "correct", "covered"]
    known = load_manifest(models)["mask_classifier"].spec["classes"]
    other = names if len(known) == 4 else names[:4]
    change_manifest(models, lambda m: m["mask_classifier"].update(classes=other))
    with pytest.raises(ModelError, match=rf"mask_classifier .*expected \({len(other)},\)"):
        MaskPipeline(models).warm_up()
    change_manifest(models, lambda m: m["mask_classifier"].update(classes=known))
    change_manifest(models, lambda m: m["face_detector"].update(strides=[8, 16]))
    with pytest.raises(ModelError, match="face_detector"):
        MaskPipeline(models).warm_up()


def test_a_model_without_a_file_for_the_runtime_is_refused(models: Path) -> None:
    change_manifest(models, lambda m: m["face_detector"]["files"].pop("onnx"))
    with pytest.raises(ModelError, match=r"no \.onnx file"):
        MaskPipeline(models, runtime="opencv")


def test_an_unknown_runtime_is_refused_with_the_known_ones(models: Path) -> None:
    with pytest.raises(ModelError, match="known are auto, litert, onnxruntime, opencv"):
        MaskPipeline(models, runtime="abacus")

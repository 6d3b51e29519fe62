# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Export of a training run: accurate and small files, written completely or not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from mask_detector_ros.cli import main
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import load_manifest
from mask_detector_ros.perception.runtimes.litert import LiteRtRuntime
from mask_detector_training.data.datasets import load_split
from mask_detector_training.detector.detector_model import DetectorSize, build_detector
from mask_detector_training.evaluation.calibration import CALIBRATION
from mask_detector_training.training_loop import BEST, CONFIG, save_weights
from support.drawn_data import write_data
from support.optional import optional

keras = optional("keras")
optional("tensorflow")
optional("onnx")
optional("ai_edge_litert")

from mask_detector_training.export import export, export_formats, sample_images  # noqa: E402
from mask_detector_training.export.networks import load_network  # noqa: E402
from mask_detector_training.export.tflite import as_int8, split  # noqa: E402

TINY = DetectorSize(stem=4, stages=((4,), (8, 8), (8,), (8,), (8,)), neck=8, head=6)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), scenes=4)


def write_run(
    folder: Path, model: Any, config: dict[str, Any], calibration: dict[str, Any]
) -> Path:
    """A run folder as after a training, with random weights."""
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(json.dumps(config))
    (folder / CALIBRATION).write_text(json.dumps(calibration))
    save_weights(folder / BEST, model.get_weights())
    return folder


def sharpen(model: Any, *names: str) -> None:
    """Scale up random weights, whose outputs hardly differ otherwise."""
    for name in names:
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([kernel * 10, bias])


def classifier_run(folder: Path, classes: int) -> Path:
    from mask_detector_training.classifier.classifier_model import from_config

    config = {"model": "mask_classifier", "backbone": "plain", "size": 24, "classes": classes}
    keras.utils.set_random_seed(6)
    model = from_config(config)
    sharpen(model, "logits")
    bias = [0.1] * int(model.output_shape[-1])
    return write_run(folder, model, config, {"temperature": 1.5, "bias": bias})


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return classifier_run(tmp_path_factory.mktemp("runs") / "classifier", 4)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a detector that also predicts the wear status."""
    keras.utils.set_random_seed(7)
    model = build_detector(64, 64, TINY, wear_status=True)
    config = {
        "model": "face_detector", "side": 64, "size": dataclasses.asdict(TINY), "wear_status": True
    }  # fmt: skip
    calibration = {"nms_iou": 0.4, "score_threshold": 0.3}
    return write_run(tmp_path_factory.mktemp("runs") / "detector", model, config, calibration)


def test_every_precision_is_written_and_checked(
    data: Path, classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    other = {"version": "1", "files": {}, "input": {"width": 1, "height": 1}}
    (models / "manifest.yaml").write_text(yaml.safe_dump({"models": {"other": other}}))
    command = ["export", str(classifier), "--models", str(models), "--data", str(data)]
    assert main([*command, "--precision", "all"]) == 0
    table = capsys.readouterr().out
    for label in ("float32 tflite", "float16 tflite", "int8 tflite", "float32 onnx"):
        assert f"| {label} |" in table
    assert "macro F1 | ms per face" in table

    manifest = load_manifest(models)
    assert set(manifest) == {"other", "mask_classifier"}
    files = manifest["mask_classifier"].files
    assert list(files)[:2] == ["tflite", "onnx"]
    for file in files.values():
        file.verify()
    bytes_of = {key: file.path.stat().st_size for key, file in files.items()}
    assert bytes_of["tflite_int8"] < bytes_of["tflite"] < bytes_of["tflite_float32"]
    assert files["tflite_int8"].path.name == "mask_classifier.int8.tflite"

    # Input and output types are those of the float files.
    faces = np.stack([cv2.resize(r.load(), (24, 24)) for r in sample_images(data)[-3:]]).astype(
        np.uint8
    )
    outputs = {
        key: LiteRtRuntime(files[key].path, 1).run(faces) for key in ("tflite", "tflite_int8")
    }
    assert outputs["tflite_int8"].dtype == np.float32
    assert outputs["tflite_int8"] == pytest.approx(outputs["tflite"], abs=0.1)

    before = {path: path.read_bytes() for path in models.rglob("*.*")}
    assert main([*command, "--precision", "all"]) == 0
    assert {path: path.read_bytes() for path in models.rglob("*.*")} == before


def test_nothing_is_written_if_a_file_deviates(
    data: Path, classifier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    images = sample_images(data, 4)
    assert len(images) == 4
    monkeypatch.setattr(export_formats, "MIN_AGREEMENT", 1.1)
    with pytest.raises(ValueError, match=r"int8 file of mask_classifier agrees .* nothing was wr"):
        export(classifier, models, images, precisions=["int8"], train=load_split(data, "train"))
    monkeypatch.setattr(export_formats, "MAX_DIFFERENCE", -1.0)
    with pytest.raises(ValueError, match=r"differs from the trained network by .* nothing was wr"):
        export(classifier, models, images)
    assert not models.exists()


def test_the_manifest_names_the_classes_of_a_model(data: Path, tmp_path: Path) -> None:
    run = classifier_run(tmp_path / "run", 3)
    export(run, tmp_path / "models", sample_images(data))
    entry = load_manifest(tmp_path / "models")["mask_classifier"].spec
    assert entry["classes"] == ["no_mask", "incorrect", "correct"]


def test_a_hidden_mouth_is_an_output_of_its_own(data: Path, tmp_path: Path) -> None:
    run, models = classifier_run(tmp_path / "four", 4), tmp_path / "models"
    assert main(["export", str(run), "--models", str(models), "--data", str(data)]) == 0
    model = load_manifest(models)["mask_classifier"]
    assert model.spec["classes"][4:] == ["covered"]
    classifier = MaskClassifier(model, runtimes.load(model, "auto"))
    crops = np.random.default_rng(0).integers(0, 256, (5, 24, 24, 3), np.uint8)
    probabilities, covered = classifier.classify_covered(crops)
    assert probabilities.shape == (5, 4)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-4)
    assert ((covered > 0) & (covered < 1)).all()


def test_a_model_of_fewer_classes_does_not_replace_the_shipped_one(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = classifier_run(tmp_path / "run", 3)
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(run), "--data", str(data)]) == 2
    assert "has 3 classes and would replace the mask classifier" in capsys.readouterr().err
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [("models: [", "is damaged"), ("a: 1", "no entries under 'models'"), ("\xff", "is damaged")],
)
def test_a_damaged_manifest_is_reported_first(
    classifier: Path, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "manifest.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=rf"manifest\.yaml .*{words}"):
        export(classifier, tmp_path, [])


def test_a_damaged_configuration_is_reported(classifier: Path, tmp_path: Path) -> None:
    for text in ("{", "[]", ""):
        (tmp_path / CONFIG).write_text(text)
        with pytest.raises(ValueError, match=r"config\.json is damaged"):
            load_network(tmp_path)


def test_a_detector_with_wear_status_is_exported_with_and_without_it(
    data: Path,
    detector: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export_formats, "ROUNDS", 1)
    command = ["export", str(detector), "--data", str(data), "--images", "2"]
    assert main([*command, "--one-stage"]) == 2
    assert "--models DIR" in capsys.readouterr().err
    image = np.random.default_rng(1).integers(0, 256, (1, 480, 640, 3), np.uint8)
    outputs = {}
    for folder, further in (("two", []), ("one", ["--one-stage"])):
        assert main([*command, "--models", str(tmp_path / folder), *further]) == 0
        assert "AP50 | ms per frame" in capsys.readouterr().out
        face = load_manifest(tmp_path / folder)["face_detector"]
        outputs[folder] = LiteRtRuntime(face.files["tflite"].path, 1).run(image)[0]
        assert ("classes" in face.spec) == (folder == "one")
    assert face.spec["classes"] == ["no_mask", "below_mouth", "nose_exposed", "correct"]
    assert outputs["two"].shape == (6300, 15)
    assert outputs["one"].shape == (6300, 19)
    assert outputs["one"][:, :15] == pytest.approx(outputs["two"], abs=0.05)
    assert outputs["one"][:, 15:].sum(1) == pytest.approx(1, abs=1e-3)


def test_one_stage_export_needs_a_run_with_wear_status(classifier: Path) -> None:
    with pytest.raises(ValueError, match="without the wear status"):
        load_network(classifier, one_stage=True)


def test_int8_keeps_the_resolution_of_probabilities_and_distances(tmp_path: Path) -> None:
    keras.utils.set_random_seed(8)
    network = build_detector(96, 64, TINY, deployed=True, wear_status=True)
    for stride in (8, 16, 32):
        sharpen(network, f"face_{stride}", f"status_{stride}")
    body, tail = split(network, 1)
    assert len(body.outputs) == 15  # five of each of three grids
    images = np.random.default_rng(2).integers(0, 256, (3, 64, 96, 3), np.uint8)
    expected = np.asarray(network(images[:1].astype(np.float32)))
    assert np.asarray(tail(body([images[:1]]))) == pytest.approx(expected, abs=1e-3)
    path = tmp_path / "whole.tflite"
    path.write_bytes(as_int8(network, lambda: images, 1))
    output = LiteRtRuntime(path, 1).run(images[:1])
    # With a common scale, probabilities would be smaller than one quantization step.
    difference = np.abs(output - expected)
    assert np.ptp(expected[..., 0]) > 0.1
    assert np.median(difference[..., 0]) < 0.02
    assert difference[..., 0].max() < 0.25
    assert difference[..., 1:5].max() < 0.1 * expected[..., 1:5].max()
    assert np.median(difference[..., 15:]) < 0.02


def test_int8_needs_images_of_train(classifier: Path) -> None:
    with pytest.raises(ValueError, match="needs images of train"):
        as_int8(load_network(classifier).model, list, None)

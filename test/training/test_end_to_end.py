# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Both trainings on tiny networks: from drawn images to model files that the runtimes load."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.models import load_manifest
from mask_detector_training.detector.detector_model import DetectorSize
from mask_detector_training.detector.detector_recipe import DetectorRecipe
from mask_detector_training.loop_settings import LoopSettings
from mask_detector_training.training_loop import BEST, HISTORY, load_weights
from mask_detector_training.weight_blending import EARLIER
from support.drawn_data import write_data
from support.optional import optional

optional("tensorflow")
optional("onnx")

TINY = DetectorSize(stem=4, stages=((4,), (8, 8), (8,), (8,), (8,)), neck=8, head=6)
LOOP = LoopSettings(
    epochs=2, minutes=0, steps_per_epoch=1, batch_size=2, learning_rate=1e-3, seed=5
)
RECIPE = DetectorRecipe(side=64, synthetic_masks=0, loop=LOOP)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), scenes=4)


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mask_detector_training.detector.detector_training import train_detector

    folder = tmp_path_factory.mktemp("runs") / "detector"
    train_detector(data, folder, RECIPE, size=TINY)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(600)  # exports take minutes on a busy machine
def test_from_training_to_the_model_files(
    data: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len((run / HISTORY).read_text().splitlines()) == 2
    models = tmp_path / "models"
    common = ["--data", str(data)]
    assert main(["export", str(run), "--models", str(models), *common]) == 0
    train = ["train", "classifier", *common, "--out", str(tmp_path / "classifier")]
    train += ["--epochs", "1", "--steps-per-epoch", "2", "--batch-size", "4", "--size", "48"]
    assert main([*train, "--alpha", "0.35", "--workers", "1"]) == 0
    assert main(["export", str(tmp_path / "classifier"), "--models", str(models), *common]) == 0
    assert "| float16 tflite | litert |" in capsys.readouterr().out

    shipped = load_manifest(models)
    assert set(shipped) == {"face_detector", "mask_classifier"}
    faces = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 3), np.uint8)
    outputs = {}
    for name in runtimes.available():
        runtime = runtimes.load(shipped["mask_classifier"], name)
        outputs[name] = np.concatenate([runtime.run(faces[:2]), runtime.run(faces[2:])])
        assert outputs[name].sum(1) == pytest.approx(np.ones(5), abs=1e-3)
    for name, output in outputs.items():
        assert output == pytest.approx(outputs["opencv"], abs=0.01), name

    metrics = {"detector": "AP50", "classifier": "macro F1", "pipeline": "mean AP50"}
    for what, metric in metrics.items():
        command = ["evaluate", what, "--models", str(models), *common, "--split", "test"]
        assert main([*command, "--json"]) == 0
        assert 0 <= json.loads(capsys.readouterr().out)[metric] <= 1


def test_a_detector_is_trained_further(data: Path, run: Path, tmp_path: Path) -> None:
    from mask_detector_training.detector.detector_training import train_detector

    further = tmp_path / "further"
    recipe = dataclasses.replace(RECIPE, weights=str(run), blend=0.5)
    train_detector(data, further, recipe, size=TINY)
    again = tmp_path / "again"
    blended = dataclasses.replace(recipe, weights=str(further), blend_with=str(run))
    train_detector(data, again, blended, size=TINY)
    for folder in (further, again):
        for earlier, first in zip(
            load_weights(folder / EARLIER), load_weights(run / BEST), strict=True
        ):
            np.testing.assert_array_equal(earlier, first)
    wider = dataclasses.replace(TINY, head=8)
    with pytest.raises(ValueError, match=f"{run.name} holds another network"):
        train_detector(data, tmp_path / "wider", recipe, size=wider)


SMALL = ["--backbone", "plain", "--size", "24", "--epochs", "1", "--batch-size", "4"]


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """Data that a test may change."""
    return write_data(tmp_path / "data", scenes=4)


def train(data: Path, run: Path, *options: str) -> int:
    arguments = ["--data", str(data), "--out", str(run), "--steps-per-epoch", "3", *SMALL]
    return main(["train", "classifier", *arguments, *options])


def test_an_image_that_cannot_be_read_is_named(
    own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for image in (own_data / "crops" / "images").glob("train_*"):
        image.write_bytes(b"not an image")
    assert train(own_data, tmp_path / "run") == 2
    assert "cannot be read as an image; restore the file" in capsys.readouterr().err


def test_epochs_are_scored_with_the_blended_weights(data: Path, tmp_path: Path) -> None:
    """Those are exported. Here nearly all of them are the initial ones, whatever is trained."""
    assert train(data, tmp_path / "first") == 0
    first = json.loads((tmp_path / "first" / HISTORY).read_text())
    further = ["--weights", str(tmp_path / "first"), "--learning-rate", "0.05"]
    further += ["--ema-momentum", "0", "--steps-per-epoch", "8"]
    losses = {}
    for blend in ("1", "0.001"):
        run = tmp_path / blend
        assert train(data, run, *further, "--blend", blend) == 0
        losses[blend] = json.loads((run / HISTORY).read_text())["val_loss"]
    assert losses["1"] != pytest.approx(first["val_loss"], rel=0.01)
    assert losses["0.001"] == pytest.approx(first["val_loss"], rel=0.01)


def test_a_run_is_only_resumed_with_the_same_data(
    own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, labels = tmp_path / "run", own_data / "faces" / "train.jsonl"
    assert train(own_data, run) == 0
    assert train(own_data, run, "--resume") == 0
    (run / "pseudo_labels.npz").touch()
    assert train(own_data, run, "--resume") == 2
    assert "started with other settings (pseudo_labels)" in capsys.readouterr().err
    (run / "pseudo_labels.npz").unlink()
    (own_data / "faces" / "images" / "train_1.png").write_bytes(b"<html>404</html>")
    assert train(own_data, run, "--resume") == 2
    assert "train_1.png cannot be read as an image" in capsys.readouterr().err
    lines = labels.read_text().splitlines(keepends=True)
    labels.write_text("".join(line for line in lines if "train_1.png" not in line))
    assert train(own_data, run, "--resume") == 0
    labels.write_text(labels.read_text().replace('"correct"', '"below_mouth"', 1))
    assert train(own_data, run, "--resume") == 2
    assert "started with other settings (labels)" in capsys.readouterr().err


def test_unusable_data_is_refused_before_training(
    own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from mask_detector_training.detector.detector_training import train_detector

    run = tmp_path / "run"
    kept = {}
    for folder in ("faces", "crops"):
        file = own_data / folder / "val.jsonl"
        kept[file] = file.read_text()
        rows = [json.loads(line) for line in kept[file].splitlines()]
        file.write_text("".join(json.dumps({**row, "faces": []}) + "\n" for row in rows))
    assert train(own_data, run) == 2
    assert "contain no face at least 24 pixels wide labeled no_mask" in capsys.readouterr().err
    with pytest.raises(ValueError, match="val contains no labeled face"):
        train_detector(own_data, run, RECIPE)
    for file, text in kept.items():
        file.write_text(text)
    labels = own_data / "crops" / "train.jsonl"
    labels.write_text(labels.read_text() + labels.read_text())
    assert train(own_data, run) == 2
    assert "4 image names are used more than once" in capsys.readouterr().err
    with pytest.raises(ValueError, match="4 image names are used more than once"):
        train_detector(own_data, run, RECIPE)
    assert not run.exists()


def test_data_with_two_classes_is_told_of_them(
    own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in own_data.glob("*/*.jsonl"):
        text = file.read_text().replace("below_mouth", "no_mask")
        file.write_text(text.replace("nose_exposed", "correct"))
    assert train(own_data, tmp_path / "run") == 2
    error = capsys.readouterr().err
    assert "no training faces of below_mouth, nose_exposed; each class needs some" in error
    assert "for data labeled with and without mask only train the classifier with --classes 2" in (
        error
    )
    assert not (tmp_path / "run").exists()


def test_an_unfinished_run_is_not_exported(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(tmp_path), "--data", str(data)]) == 2
    assert "holds no training run" in capsys.readouterr().err

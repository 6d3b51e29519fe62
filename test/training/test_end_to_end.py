# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Both trainings, small: from drawn pictures to files that the product loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.models import load_manifest
from mask_detector_ros.training.detector_model import DetectorSize
from mask_detector_ros.training.evaluate import evaluate
from mask_detector_ros.training.loop import HISTORY, LoopSettings
from test.optional import optional

from .drawn_data import write_data

optional("tensorflow")
optional("onnx")

TINY = DetectorSize(stem=4, stages=((8, 0, 3), (8, 0, 3), (8, 0, 5), (8, 0, 3)), neck=8)
SETTINGS = LoopSettings(steps=2, minutes=0, epoch_steps=1, batch=2, rate=1e-3, seed=5)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), scenes=4)


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mask_detector_ros.training.detector_training import train_detector

    folder = tmp_path_factory.mktemp("runs") / "detector"
    train_detector(data, folder, SETTINGS, side=64, size=TINY)
    return folder


def test_from_training_to_the_product(
    data: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len((run / HISTORY).read_text().splitlines()) == 2
    models = tmp_path / "models"
    common = ["--data", str(data)]
    assert main(["export", str(run), "--models", str(models), *common]) == 0
    train = ["train", "classifier", *common, "--out", str(tmp_path / "classifier")]
    train += ["--epochs", "1", "--epoch-steps", "2", "--batch", "4", "--size", "48"]
    assert main([*train, "--alpha", "0.35", "--workers", "1"]) == 0
    assert main(["export", str(tmp_path / "classifier"), "--models", str(models), *common]) == 0
    assert "| float16 tflite | litert |" in capsys.readouterr().out

    shipped = load_manifest(models)
    assert set(shipped) == {"face_detector", "mask_classifier"}
    faces = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 3), np.uint8)
    answers = {}
    for name in runtimes.available():
        runtime = runtimes.load(shipped["mask_classifier"], name)
        answers[name] = np.concatenate([runtime.run(faces[:2]), runtime.run(faces[2:])])
        assert answers[name].sum(1) == pytest.approx(np.ones(5), abs=1e-3)
    for name, answer in answers.items():
        assert answer == pytest.approx(answers["opencv"], abs=0.01), name

    figures = {"detector": "AP50", "classifier": "macro F1", "pipeline": "mean AP50"}
    for what, figure in figures.items():
        report = evaluate(what, data, "test", models)
        assert 0 <= report[figure] <= 1
    assert main(["evaluate", "classifier", "--models", str(models), *common]) == 0
    assert "| macro F1 |" in capsys.readouterr().out


def test_an_unfinished_run_is_not_exported(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(tmp_path), "--data", str(data)]) == 2
    assert "holds no training run" in capsys.readouterr().err

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a finished run to the files the product loads, and the manifest that names them."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mask_detector_ros.files import write_whole
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.geometry import letterbox
from mask_detector_ros.perception.models import MANIFEST, Model, ModelFile
from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray, Image
from mask_detector_ros.training.calibrate import load_calibration
from mask_detector_ros.training.data import load_split
from mask_detector_ros.training.files import sha256
from mask_detector_ros.training.loop import BEST, CONFIG, load_weights
from mask_detector_ros.training.onnx_writer import OnnxWriter

VERSION = "0.1.0"
TOLERANCE = 0.02
"""Largest allowed difference of any probability between Keras and an exported file."""
HEADER = "# Written by `mask_detector export`; do not edit by hand.\n"


def export(run: Path, models: Path, pictures: Sequence[Image]) -> dict[str, float]:
    """Write a run's model into a model folder and renew the folder's manifest.

    Args:
        run: folder of a finished training run.
        models: the model folder; other models in it stay as they are.
        pictures: BGR pictures on which the files are compared with Keras.

    Returns:
        The largest difference of a probability from Keras, per runtime.

    Raises:
        ValueError: the run is unfinished, or a file disagrees with Keras.
    """
    config = run / CONFIG
    if not config.is_file():
        raise ValueError(f"{run} holds no training run ({CONFIG} is missing); check the path")
    described = json.loads(config.read_text())
    name = str(described["model"])
    build = {"face_detector": _detector, "mask_classifier": _classifier}
    if name not in build:
        raise ValueError(f"{config} describes {name!r}; expected one of {sorted(build)}")
    model, entry, batch = build[name](described, run)
    contents = {"tflite": as_tflite(model), "onnx": OnnxWriter(model).bytes(batch)}
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for form, content in contents.items():
            path = Path(folder) / f"{name}.{form}"
            path.write_bytes(content)
            files[form] = ModelFile(path, sha256(path))
        given = entry["input"]
        trial = Model(name, VERSION, given["width"], given["height"], files, entry)
        differences = compare(model, trial, pictures, batch or 4)
    entry["files"] = {}
    for form, content in contents.items():
        path = models / f"{name}.{form}"
        write_whole(path, content)
        entry["files"][form] = {"path": path.name, "sha256": sha256(path)}
    _renew_manifest(models, name, entry)
    return differences


def sample_pictures(root: Path, count: int = 16) -> list[Image]:
    """Some pictures of val, scenes and faces, on which exported files are compared."""
    records = load_split(root, "val")
    step = max(1, len(records) // count)
    return [record.load() for record in records[::step][:count]]


def _detector(described: dict[str, Any], run: Path) -> tuple[Any, dict[str, Any], int | None]:
    from mask_detector_ros.training import detector_model as detector

    chosen = load_calibration(run)
    fields = dict(described["size"])
    fields["stages"] = tuple(tuple(stage) for stage in fields["stages"])
    size = detector.DetectorSize(**fields)
    side = int(described["side"])
    trained = detector.build_detector(side, side, size)
    trained.set_weights(load_weights(run / BEST))
    model = detector.build_detector(size=size, deployed=True)
    detector.fold_input_scale(trained, model)
    entry = {
        "version": VERSION,
        "licence": "Apache-2.0",
        "input": {
            "width": detector.WIDTH, "height": detector.HEIGHT, "color": "bgr",
            "range": [0, 255],
        },
        "strides": list(detector.STRIDES),
        "score_threshold": chosen["score_threshold"],
        "nms_iou": chosen["nms_iou"],
    }  # fmt: skip
    return model, entry, 1


def _classifier(described: dict[str, Any], run: Path) -> tuple[Any, dict[str, Any], int | None]:
    from mask_detector_ros.training import classifier_model as classifier

    chosen = load_calibration(run)
    size, alpha = int(described["size"]), float(described["alpha"])
    trained = classifier.build_classifier(size, alpha=alpha)
    trained.set_weights(load_weights(run / BEST))
    model = classifier.build_classifier(size, alpha=alpha, deployed=True)
    classifier.fold(trained, model, float(chosen["temperature"]), chosen["bias"])
    entry = {
        "version": VERSION,
        "licence": "Apache-2.0",
        "input": {
            "width": size, "height": size, "color": "bgr", "range": [0, 255],
            "context": classifier.CONTEXT,
        },
        "classes": list(CLASS_LABELS),
    }  # fmt: skip
    return model, entry, None


def as_tflite(model: Any) -> bytes:
    """A TFLite file with weights in float16; XNNPACK unpacks them once, when it loads."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    # Keras prints every variable of the network while it is converted.
    with contextlib.redirect_stdout(io.StringIO()):
        return bytes(converter.convert())


def compare(model: Any, trial: Model, pictures: Sequence[Image], batch: int) -> dict[str, float]:
    """Largest difference of a probability from Keras, per runtime that is installed.

    Raises:
        ValueError: a runtime differs by more than ``TOLERANCE``.
    """
    inputs = np.stack([letterbox(p, trial.width, trial.height)[0] for p in pictures])
    expected = np.concatenate(
        [_probabilities(np.asarray(model.predict_on_batch(inputs[i : i + batch].astype("f4"))))
         for i in range(0, len(inputs), batch)]
    )  # fmt: skip
    differences = {}
    for name in runtimes.available():
        runtime = runtimes.load(trial, name)
        answers = np.concatenate(
            [_probabilities(runtime.run(inputs[i : i + batch]))
             for i in range(0, len(inputs), batch)]
        )  # fmt: skip
        differences[name] = float(np.abs(answers - expected).max())
        if not differences[name] <= TOLERANCE:
            raise ValueError(
                f"the {trial.name} file for {name} differs from the trained model by "
                f"{differences[name]:.3g}, allowed are {TOLERANCE}; nothing was written"
            )
    return differences


def _probabilities(answer: FloatArray) -> FloatArray:
    """What is comparable in an answer: the faces' or the classes' probabilities."""
    return answer[..., 0] if answer.ndim == 3 else answer


def _renew_manifest(folder: Path, name: str, entry: dict[str, Any]) -> None:
    path = folder / MANIFEST
    content: dict[str, Any] = {"models": {}}
    if path.is_file():
        content = yaml.safe_load(path.read_text()) or content
    content["models"][name] = entry
    write_whole(path, HEADER + yaml.safe_dump(content, sort_keys=False))

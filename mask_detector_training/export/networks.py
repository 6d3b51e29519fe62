# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A finished run as the network the product runs, and what the manifest says about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.array_files import read_json
from mask_detector_training.evaluation.calibration import load_calibration
from mask_detector_training.training_loop import BEST, CONFIG, load_weights

VERSION = "0.1.0"


@dataclass(frozen=True)
class Network:
    """A deployed Keras network.

    Attributes:
        name: in the manifest.
        model: raw BGR pixels (B, H, W, 3) float32 to the runtime's answer.
        entry: the manifest entry, without the files.
        batch: pictures at a time; None for any number.
        described: the run's configuration.
    """

    name: str
    model: Any
    entry: dict[str, Any]
    batch: int | None
    described: dict[str, Any]

    @property
    def width(self) -> int:
        """Of the pictures, pixels."""
        return int(self.entry["input"]["width"])

    @property
    def height(self) -> int:
        """Of the pictures, pixels."""
        return int(self.entry["input"]["height"])


def read_description(run: Path) -> dict[str, Any]:
    """The configuration of a run.

    Raises:
        ValueError: the folder holds no run, or its configuration is damaged.
    """
    config = run / CONFIG
    if not config.is_file():
        raise ValueError(f"{run} holds no training run ({CONFIG} is missing); check the path")
    return read_json(config)


def load_network(run: Path, *, one_stage: bool = False) -> Network:
    """The network of a run folder.

    Args:
        run: folder of a finished training run.
        one_stage: the form of a detector that tells how masks are worn, too.

    Raises:
        ValueError: the folder holds no finished run, or one that has no such form.
    """
    described = read_description(run)
    name = described.get("model")
    build = {"face_detector": _detector, "mask_classifier": _classifier}
    if name not in build:
        raise ValueError(f"{run / CONFIG} describes {name!r}; expected one of {sorted(build)}")
    if one_stage and not described.get("wear"):
        raise ValueError(
            f"{run} has no one-stage form; train one with: mask_detector train detector --wear"
        )
    import keras

    # Layers are numbered from the start, so that the same run makes the same files.
    keras.utils.clear_session()
    return build[name](described, run, one_stage)


def _detector(described: dict[str, Any], run: Path, one_stage: bool) -> Network:
    from mask_detector_training.detector import detector_model as detector

    chosen = load_calibration(run)
    fields = dict(described["size"])
    fields["stages"] = tuple(tuple(stage) for stage in fields["stages"])
    size = detector.DetectorSize(**fields)
    side = int(described["side"])
    trained = detector.build_detector(side, side, size, wear=bool(described.get("wear")))
    trained.set_weights(load_weights(run / BEST))
    model = detector.build_detector(size=size, deployed=True, wear=one_stage)
    detector.fold_input_scale(trained, model)
    entry = _entry(detector.WIDTH, detector.HEIGHT)
    entry |= {
        "strides": list(detector.STRIDES),
        "score_threshold": chosen["score_threshold"],
        "nms_iou": chosen["nms_iou"],
    }
    if one_stage:
        entry["classes"] = list(CLASS_LABELS)
    return Network("face_detector", model, entry, 1, described)


def _classifier(described: dict[str, Any], run: Path, one_stage: bool) -> Network:
    from mask_detector_training.classifier import classifier_model as classifier

    chosen = load_calibration(run)
    trained = classifier.from_description(described)
    trained.set_weights(load_weights(run / BEST))
    model = classifier.deploy(trained, described, chosen)
    side = int(model.inputs[0].shape[1])
    entry = _entry(side, side)
    entry["input"] |= {"context": classifier.CONTEXT, "below": classifier.BELOW}
    entry["classes"] = list(classifier.classes_of(described))
    return Network("mask_classifier", model, entry, None, described)


def _entry(width: int, height: int) -> dict[str, Any]:
    given = {"width": width, "height": height, "color": "bgr", "range": [0, 255]}
    return {"version": VERSION, "license": "Apache-2.0", "input": given}

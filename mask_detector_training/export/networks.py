# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The deployed network of a finished training run, with its manifest entry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.array_files import read_json
from mask_detector_training.evaluation.calibration import load_calibration
from mask_detector_training.training_loop import CONFIG
from mask_detector_training.weight_blending import blended_weights

VERSION = "0.2.0"


@dataclass(frozen=True)
class Network:
    """A deployed Keras network.

    Attributes:
        name: model name in the manifest.
        model: Keras model from BGR pixels (B, H, W, 3) float32 to the output of the runtime.
        entry: the manifest entry, without the files.
        batch: fixed batch size; None for any.
        config: configuration of the run.
    """

    name: str
    model: Any
    entry: dict[str, Any]
    batch: int | None
    config: dict[str, Any]

    @property
    def width(self) -> int:
        """Size of the input in pixels."""
        return int(self.entry["input"]["width"])

    @property
    def height(self) -> int:
        """Size of the input in pixels."""
        return int(self.entry["input"]["height"])


def read_config(run: Path) -> dict[str, Any]:
    """The configuration of a run.

    Raises:
        ValueError: the folder holds no run, or its configuration is damaged.
    """
    path = run / CONFIG
    if not path.is_file():
        raise ValueError(f"{run} holds no training run ({CONFIG} is missing); check the path")
    return read_json(path)


def load_network(run: Path, *, one_stage: bool = False) -> Network:
    """Build the deployed network of a run.

    Args:
        run: folder of a finished training run.
        one_stage: build a detector that also predicts the wear status.

    Raises:
        ValueError: the folder holds no finished run, or the run did not train the wear status.
    """
    config = read_config(run)
    name = config.get("model")
    build = {"face_detector": _detector, "mask_classifier": _classifier}
    if name not in build:
        raise ValueError(f"{run / CONFIG} describes {name!r}; expected one of {sorted(build)}")
    if one_stage and not config.get("wear_status"):
        raise ValueError(
            f"{run} was trained without the wear status; train a one-stage model with: "
            "mask_detector train detector --wear-status"
        )
    import keras

    # Keras numbers layers from one again, so that the same run gives the same files.
    keras.utils.clear_session()
    return build[name](config, run, one_stage)


def _detector(config: dict[str, Any], run: Path, one_stage: bool) -> Network:
    from mask_detector_training.detector import detector_model as detector

    chosen = load_calibration(run)
    fields = dict(config["size"])
    fields["stages"] = tuple(tuple(stage) for stage in fields["stages"])
    size = detector.DetectorSize(**fields)
    side = int(config["side"])
    wear_status = bool(config.get("wear_status"))
    trained = detector.build_detector(side, side, size, wear_status=wear_status)
    trained.set_weights(blended_weights(run, config))
    model = detector.build_detector(size=size, deployed=True, wear_status=one_stage)
    detector.fold_input_scale(trained, model)
    entry = _entry(detector.WIDTH, detector.HEIGHT)
    entry |= {
        "strides": list(detector.STRIDES),
        "score_threshold": chosen["score_threshold"],
        "nms_iou": chosen["nms_iou"],
    }
    if one_stage:
        entry["classes"] = list(CLASS_LABELS)
    return Network("face_detector", model, entry, 1, config)


def _classifier(config: dict[str, Any], run: Path, one_stage: bool) -> Network:
    from mask_detector_training.classifier import classifier_model as classifier

    chosen = load_calibration(run)
    trained = classifier.from_config(config)
    trained.set_weights(blended_weights(run, config))
    model = classifier.deploy(trained, config, chosen)
    side = int(model.inputs[0].shape[1])
    entry = _entry(side, side)
    entry["input"] |= {"context": classifier.CONTEXT, "below": classifier.BELOW}
    entry["classes"] = list(classifier.output_classes(config))
    return Network("mask_classifier", model, entry, None, config)


def _entry(width: int, height: int) -> dict[str, Any]:
    input_spec = {"width": width, "height": height, "color": "bgr", "range": [0, 255]}
    return {"version": VERSION, "license": "Apache-2.0", "input": input_spec}

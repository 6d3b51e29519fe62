# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The recipe of a mask classifier: network, samples, loss and training loop.

It is the one source of the options of ``mask_detector train classifier``, of a run's
``config.json`` and of the entries of a comparison file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mask_detector_ros.settings import setting
from mask_detector_training.classifier.backbones import BACKBONES, SHIPPED, count_trained_layers
from mask_detector_training.classifier.classifier_losses import parse_loss
from mask_detector_training.loop_settings import LoopSettings
from mask_detector_training.setting_options import check_settings

MODEL = "mask_classifier"
DEFAULT = "default"
"""Value of ``head`` and ``input`` that leaves the choice to the backbone."""
INPUTS = (DEFAULT, "scaled", "centered", "gray")


@dataclass(frozen=True)
class ClassifierRecipe:
    """How a classifier is built and trained; the defaults are those of the shipped model.

    Raises:
        ValueError: a value is out of range, or two values contradict each other.
    """

    backbone: str = setting(SHIPPED, "backbone network", choices=tuple(BACKBONES))
    size: int = setting(80, "side of the face crops, pixels", low=1)
    alpha: float = setting(1.0, "width multiplier of MobileNet backbones", above=0)
    weights: str = setting(
        "none",
        "initial weights of the backbone: imagenet (downloaded by Keras), a file (.npz by layer "
        "names, .h5 or .keras; also relative to the data folder), or none; or a run folder, which "
        "gives those of the whole network, to train it further",
    )
    blend: float = setting(
        1.0,
        "fraction of the trained weights in the exported ones; the rest are those of the run "
        "folder that --weights gives",
        above=0,
        high=1,
    )
    trainable: str = setting(
        "all", "trained layers: head, all, or last:N (the backbone's last N layers and the head)"
    )
    head: str = setting(
        DEFAULT,
        "widths of the dense layers after pooling, such as 128,64; or default, the backbone's head",
    )
    dropout: float = setting(0.3, "dropout rate of the features in training", low=0, below=1)
    input: str = setting(
        DEFAULT,
        "pixel values the network gets: default (as its ImageNet weights expect), scaled (0 to "
        "1), centered (-1 to 1) or gray (as default, without color)",
        choices=INPUTS,
    )
    classes: int = setting(
        4,
        "number of classes; 4: no_mask, below_mouth, nose_exposed, correct; 3: no_mask, "
        "incorrect, correct; 2: no_mask (with below_mouth), mask (with nose_exposed)",
        choices=(4, 3, 2),
    )
    synthetic_masks: float = setting(
        0.45,
        "fraction of the masked samples that are synthetic masks drawn on bare faces; needs the "
        "landmarks of --teacher",
        low=0,
        high=1,
    )
    covers: float = setting(
        0.12,
        "fraction of the samples that are bare faces with a drawn cover over the mouth, such as a "
        "hand, a scarf or a cup; with four classes they train one more output, covered. As many "
        "of the others get a cover that hides no mouth, such as glasses. Needs the landmarks of "
        "--teacher",
        low=0,
        below=1,
    )
    background: float = setting(
        0.03,
        "fraction of the samples that show no face but hair, hands, clothes or a wall beside one; "
        "all classes are then equally probable",
        low=0,
        below=1,
    )
    loss: str = setting(
        "ce", "loss function: ce, mse, hinge, focal, or a sum such as 0.5*mse+hinge"
    )
    loop: LoopSettings = field(default_factory=LoopSettings)

    def __post_init__(self) -> None:
        check_settings(self)
        backbone = BACKBONES[self.backbone]
        if self.size < backbone.min_size:
            raise ValueError(
                f"size is {self.size}; {self.backbone} needs at least {backbone.min_size}"
            )
        if self.alpha != 1.0 and not backbone.has_alpha:
            raise ValueError(f"alpha is {self.alpha}; {self.backbone} has one width only")
        if self.backbone == "plain" and self.weights == "imagenet":
            raise ValueError(
                "weights: the plain backbone has no pretrained weights; give none or a run folder"
            )
        count_trained_layers(self.trainable)
        parse_loss(self.loss)
        _ = self.dense

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the network's outputs: the classes, and ``covered`` if it is trained."""
        # Imported late: perception imports OpenCV, and --help must be quick.
        from mask_detector_ros.perception.types import UnknownReason
        from mask_detector_training.data.class_mapping import CLASS_MAPPINGS

        names = CLASS_MAPPINGS[self.classes].names
        return (*names, UnknownReason.COVERED.label) if self.has_covered else names

    @property
    def has_covered(self) -> bool:
        """Whether the network has the output ``covered``."""
        from mask_detector_ros.perception.types import CLASSES

        return self.classes == len(CLASSES) and self.covers > 0

    @property
    def dense(self) -> tuple[int, ...] | None:
        """Widths of the dense layers after pooling; None for the backbone's own head."""
        if self.head == DEFAULT:
            return None
        widths = [part.strip() for part in self.head.split(",")]
        if not all(part.isdecimal() and int(part) > 0 for part in widths):
            raise ValueError(f"head is {self.head!r}; expected default or widths such as 128,64")
        return tuple(int(part) for part in widths)

    @property
    def config(self) -> dict[str, Any]:
        """The recipe as stored in a run's ``config.json``."""
        return {"model": MODEL, **asdict(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> ClassifierRecipe:
        """The recipe of a run, from its ``config.json``; missing values get the default.

        Unknown names are ignored: the file also describes the data, and an older version may
        have written it.

        Raises:
            ValueError: a value is not allowed.
        """
        loop = LoopSettings(**_known(LoopSettings, config.get("loop", {})))
        return cls(**{**_known(cls, config), "loop": loop})


def _known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(kind)}
    return {name: value for name, value in values.items() if name in names}

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The recipe of a face detector: samples, outputs and training loop.

It is the one source of the options of ``mask_detector train detector`` and of a run's
``config.json``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from mask_detector_ros.settings import setting
from mask_detector_training.loop_settings import LoopSettings
from mask_detector_training.setting_options import check_settings
from mask_detector_training.weight_blending import INITIAL, NONE

MODEL = "face_detector"
STRIDES = (8, 16, 32)
"""Strides of the three grids of cells, pixels."""
SHIPPED = "shipped"
LOOP = LoopSettings(
    epochs=100, steps_per_epoch=300, minutes=90.0, batch_size=16, learning_rate=8e-4,
    weight_decay=0.02, ema_momentum=0.998,
)  # fmt: skip


@dataclass(frozen=True)
class DetectorRecipe:
    """How a face detector is trained; the defaults are those of the shipped model.

    Raises:
        ValueError: a value is out of range.
    """

    side: int = setting(320, "side of the square training samples, pixels", low=2 * max(STRIDES))
    wear_status: bool = setting(
        False, "also predict the wear status of each face, for a one-stage detector"
    )
    weights: str = setting(
        NONE,
        "initial weights: YuNet's file yunet_2023mar_640.onnx (also relative to the data folder), "
        "the run folder of an earlier training, or none",
    )
    blend: float = setting(
        0.85,
        "fraction of the trained weights in the exported ones; the rest are those of --blend-with",
        above=0,
        high=1,
    )
    blend_with: str = setting(
        INITIAL,
        "weights that are blended with the trained ones: initial (those of --weights, if there are "
        "some), or others, as for --weights",
    )
    synthetic_masks: float = setting(
        0.15,
        "fraction of the bare faces that get a synthetic mask; needs the landmarks of --teacher",
        low=0,
        high=1,
    )
    covers: float = setting(
        0.06,
        "fraction of the faces over which a hand, a scarf or another cover is drawn; needs the "
        "landmarks of --teacher",
        low=0,
        high=1,
    )
    refit_boxes: str = setting(
        NONE,
        "refit the labeled boxes of each source to the teachers': file of `mask_detector data "
        "boxes --out`, shipped (of the data of the shipped models), or none",
    )
    ignore_background: bool = setting(
        False,
        "learn no background from images in which faces may be unlabeled, such as dense crowds",
    )
    loop: LoopSettings = field(default=LOOP)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.side % max(STRIDES):
            raise ValueError(f"side is {self.side}; expected a multiple of {max(STRIDES)}")

    @property
    def config(self) -> dict[str, Any]:
        """The recipe as stored in a run's ``config.json``."""
        return {"model": MODEL, **asdict(self)}

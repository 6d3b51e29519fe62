# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long and how fast both trainings go; known without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OPTIMIZERS = ("adamw", "adam")


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train.

    Attributes:
        steps: weight updates in all.
        minutes: stop after this much training time even if steps are left; the learning
            rate then follows the time. 0 for no limit.
        epoch_steps: updates between two checkpoints.
        batch: samples per update.
        rate: peak learning rate.
        decay: AdamW's weight decay.
        warmup: part of the training over which the rate rises.
        ema: how much of the averaged weights stays at each update.
        seed: of the samples and the first weights.
        optimizer: one of ``OPTIMIZERS``.
        patience: stop after this many epochs without a better score; 0 for never.
    """

    steps: int
    minutes: float
    epoch_steps: int
    batch: int
    rate: float
    decay: float = 0.01
    warmup: float = 0.03
    ema: float = 0.998
    seed: int = 1
    optimizer: str = "adamw"
    patience: int = 0


def build_optimizer(model: Any, settings: LoopSettings) -> Any:
    """The Keras optimizer of the settings for a model's trainable weights."""
    from keras import optimizers

    if settings.optimizer == "adam":
        return optimizers.Adam(settings.rate, global_clipnorm=10.0)
    optimizer = optimizers.AdamW(settings.rate, weight_decay=settings.decay, global_clipnorm=10.0)
    # One-dimensional weights are scales and shifts; pulling them to zero only hurts.
    flat = [v for v in model.trainable_variables if len(v.shape) == 1]
    optimizer.exclude_from_weight_decay(var_list=flat)
    return optimizer

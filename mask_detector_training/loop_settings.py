# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the training loop and the optimizer; imports no TensorFlow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mask_detector_ros.settings import setting
from mask_detector_training.setting_options import check_settings

OPTIMIZERS = ("adamw", "adam")
CLIP_NORM = 10.0
"""Global norm to which gradients are clipped."""
LAST_RATE = 0.01
"""Last learning rate of the schedule, as a fraction of the peak."""
FIRST_RATE = 0.02
"""First learning rate of the schedule, as a fraction of the peak."""


@dataclass(frozen=True)
class LoopSettings:
    """Duration, learning rate schedule and optimizer; the defaults are the mask classifier's.

    Raises:
        ValueError: a value is out of range.
    """

    epochs: int = setting(100, "maximum number of epochs", low=1)
    steps_per_epoch: int = setting(300, "weight updates per epoch", low=1)
    minutes: float = setting(
        42.0,
        "maximum time spent on weight updates, minutes; the learning rate schedule follows it "
        "(0: no limit)",
        low=0,
    )
    patience: int = setting(
        0, "stop after this many epochs without a better score on val (0: never)", low=0
    )
    batch_size: int = setting(48, "samples per weight update", low=1)
    optimizer: str = setting(
        "adamw", "optimizer; adamw decouples the weight decay", choices=OPTIMIZERS
    )
    learning_rate: float = setting(6e-4, "peak learning rate", above=0)
    weight_decay: float = setting(0.04, "weight decay of adamw", low=0)
    warmup_fraction: float = setting(
        0.03, "fraction of the training over which the learning rate rises", low=0, below=1
    )
    ema_momentum: float = setting(
        0.995, "momentum of the exponential moving average of the weights", low=0, below=1
    )
    seed: int = setting(1, "seed of the samples and the initial weights", low=0, high=2**32 - 1)

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def steps(self) -> int:
        """Maximum number of weight updates."""
        return self.epochs * self.steps_per_epoch

    def rate_at(self, progress: float) -> float:
        """Learning rate when a fraction of the training is done: linear warmup, cosine decay.

        Loshchilov & Hutter (2017), "SGDR: Stochastic Gradient Descent with Warm Restarts",
        without restarts.
        """
        peak, warmup = self.learning_rate, self.warmup_fraction
        if progress < warmup:
            return peak * (FIRST_RATE + (1 - FIRST_RATE) * progress / warmup)
        cosine = 1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))
        return peak * (LAST_RATE + (1 - LAST_RATE) * 0.5 * cosine)


def build_optimizer(model: Any, settings: LoopSettings) -> Any:
    """The Keras optimizer for a model's trainable weights: AdamW or Adam.

    AdamW: Loshchilov & Hutter (2019), "Decoupled Weight Decay Regularization". Biases and
    normalization weights (one-dimensional) are not decayed.
    """
    from keras import optimizers

    if settings.optimizer == "adam":
        return optimizers.Adam(settings.learning_rate, global_clipnorm=CLIP_NORM)
    optimizer = optimizers.AdamW(
        settings.learning_rate, weight_decay=settings.weight_decay, global_clipnorm=CLIP_NORM
    )
    biases = [v for v in model.trainable_variables if len(v.shape) == 1]
    optimizer.exclude_from_weight_decay(var_list=biases)
    return optimizer

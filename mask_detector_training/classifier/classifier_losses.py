# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Losses of the classifier, and weighted sums of them written as ``0.5*mse+hinge``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

FOCAL_GAMMA = 2.0
"""Focusing parameter of the focal loss: the larger, the less well-classified samples count."""


def parse_loss(text: str) -> list[tuple[float, str]]:
    """Read ``[weight*]name`` terms joined by ``+``; returns (weight, name) per term.

    Raises:
        ValueError: a name is not in ``LOSSES``, or a weight is not a positive number.
    """
    parts = []
    for term in text.replace(" ", "").split("+"):
        weight, star, name = term.rpartition("*")
        try:
            factor = float(weight) if star else 1.0
        except ValueError:
            factor = math.nan
        if name not in LOSSES or not 0 < factor < math.inf:
            raise ValueError(
                f"loss {text!r}: cannot read {term!r}; expected {', '.join(LOSSES)} "
                "or a sum such as 0.5*mse+hinge"
            )
        parts.append((factor, name))
    return parts


def build_loss(text: str) -> Callable[[Any, Any], Any]:
    """A Keras loss of targets (B, C) and logits (B, C); returns one loss per sample, (B,)."""
    parts = parse_loss(text)

    def loss(targets: Any, logits: Any) -> Any:
        return sum(factor * LOSSES[name](targets, logits) for factor, name in parts)

    return loss


def _cross_entropy(targets: Any, logits: Any) -> Any:
    from keras import ops

    return ops.categorical_crossentropy(targets, logits, from_logits=True)


def _squared_error(targets: Any, logits: Any) -> Any:
    from keras import ops

    return ops.mean(ops.square(targets - ops.softmax(logits)), axis=-1)


def _hinge(targets: Any, logits: Any) -> Any:
    """Categorical hinge loss: max(0, 1 + best wrong probability - right probability)."""
    from keras import ops

    probabilities = ops.softmax(logits)
    right = ops.sum(targets * probabilities, axis=-1)
    wrong = ops.max((1 - targets) * probabilities, axis=-1)
    return ops.maximum(0.0, 1 + wrong - right)


def _focal(targets: Any, logits: Any) -> Any:
    """Focal loss (Lin et al., 2017, "Focal Loss for Dense Object Detection")."""
    from keras import ops

    log_probabilities = ops.log_softmax(logits)
    return -ops.sum(
        targets * (1 - ops.exp(log_probabilities)) ** FOCAL_GAMMA * log_probabilities, axis=-1
    )


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "ce": _cross_entropy,
    "mse": _squared_error,
    "hinge": _hinge,
    "focal": _focal,
}
"""Loss by name. ``mse`` and ``hinge`` are of probabilities."""

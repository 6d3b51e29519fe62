# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Losses of the classifier over logits, and weighted sums of them written as ``0.5*mse+hinge``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

FOCUS = 2.0
"""Exponent of the focal loss: how little samples count that are told well already."""


def parse_loss(text: str) -> list[tuple[float, str]]:
    """The parts of a loss: ``[weight*]name`` joined by ``+``.

    Raises:
        ValueError: a part is not one of ``LOSSES``, or its weight no positive number.
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
    """The loss as Keras takes it: targets (B, C) and logits (B, C) to losses (B,)."""
    parts = parse_loss(text)

    def loss(targets: Any, logits: Any) -> Any:
        return sum(factor * LOSSES[name](targets, logits) for factor, name in parts)

    return loss


def _cross_entropy(targets: Any, logits: Any) -> Any:
    from keras import ops

    return ops.categorical_crossentropy(targets, logits, from_logits=True)


def _squares(targets: Any, logits: Any) -> Any:
    from keras import ops

    return ops.mean(ops.square(targets - ops.softmax(logits)), axis=-1)


def _hinge(targets: Any, logits: Any) -> Any:
    """How far the likeliest wrong class comes within 1 of the right one."""
    from keras import ops

    probabilities = ops.softmax(logits)
    right = ops.sum(targets * probabilities, axis=-1)
    wrong = ops.max((1 - targets) * probabilities, axis=-1)
    return ops.maximum(0.0, 1 + wrong - right)


def _focal(targets: Any, logits: Any) -> Any:
    from keras import ops

    certain = ops.log_softmax(logits)
    return -ops.sum(targets * (1 - ops.exp(certain)) ** FOCUS * certain, axis=-1)


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "ce": _cross_entropy,
    "mse": _squares,
    "hinge": _hinge,
    "focal": _focal,
}
"""Name -> loss. All but cross entropy and focal work on probabilities."""

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keras activations as ONNX operators that old OpenCV versions read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TO_CHANNELS_LAST = (0, 2, 3, 1)
"""Permutation from ONNX's (N, C, H, W) to Keras' (N, H, W, C)."""
TO_CHANNELS_FIRST = (0, 3, 1, 2)
"""Permutation from Keras' (N, H, W, C) to ONNX's (N, C, H, W)."""


def is_feature_map(tensor: Any) -> bool:
    """Whether a Keras tensor is (N, H, W, C); it is (N, C, H, W) in the ONNX file."""
    return len(tensor.shape) == 4


def activation_name(function: Any) -> str:
    """Name of a Keras activation function."""
    return str(getattr(function, "__name__", type(function).__name__))


def unsupported(layer: Any, reason: str) -> ValueError:
    """The error for a layer whose use is not supported."""
    return ValueError(f"cannot write layer {layer.name} ({type(layer).__name__}) as ONNX: {reason}")


def clip(writer: Any, name: str, value: str, low: float, high: float) -> str:
    """Add a Clip operator."""
    return str(writer.node("Clip", name, [value], min=low, max=high))


def _hard_sigmoid(writer: Any, name: str, value: str) -> str:
    three = writer.constant(f"{name}_three", 3.0)
    raised = writer.node("Add", f"{name}_raised", [value, three])
    clipped = clip(writer, f"{name}_clipped", raised, 0.0, 6.0)
    sixth = writer.constant(f"{name}_sixth", 1 / 6)
    return str(writer.node("Mul", name, [clipped, sixth]))


def _gated(writer: Any, name: str, value: str, gate: str) -> str:
    opened = ACTIVATIONS[gate](writer, f"{name}_gate", value)
    return str(writer.node("Mul", name, [value, opened]))


def _plain(kind: str) -> Callable[[Any, str, str], str]:
    return lambda writer, name, value: str(writer.node(kind, name, [value]))


ACTIVATIONS: dict[str, Callable[[Any, str, str], str]] = {
    "linear": lambda writer, name, value: value,
    "relu": _plain("Relu"),
    "relu6": lambda writer, name, value: clip(writer, name, value, 0.0, 6.0),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("Tanh"),
    "exponential": _plain("Exp"),
    "silu": lambda writer, name, value: _gated(writer, name, value, "sigmoid"),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda writer, name, value: _gated(writer, name, value, "hard_sigmoid"),
}
"""By the name of the Keras function; softmax is written by ``softmax``."""


def activate(writer: Any, layer: Any, name: str, value: str, function: Any) -> str:
    """Add a Keras activation of a layer; returns the name of its output.

    Raises:
        ValueError: the activation is not supported.
    """
    kind = activation_name(function)
    if kind == "softmax":
        return softmax(writer, name, value, layer.output)
    if kind not in ACTIVATIONS:
        raise unsupported(layer, f"activation {kind} is not supported")
    return ACTIVATIONS[kind](writer, name, value)


def softmax(writer: Any, name: str, value: str, tensor: Any) -> str:
    """Add a softmax over the last Keras axis.

    Until opset 12, Softmax flattens all axes from ``axis`` on, so channels have to be last.
    """
    last = len(tensor.shape) - 1
    if not is_feature_map(tensor):
        return str(writer.node("Softmax", name, [value], axis=last))
    channels_last = writer.node("Transpose", f"{name}_turn", [value], perm=TO_CHANNELS_LAST)
    probabilities = writer.node("Softmax", f"{name}_shares", [channels_last], axis=last)
    return str(writer.node("Transpose", name, [probabilities], perm=TO_CHANNELS_FIRST))

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Activations of Keras layers as ONNX operators that old OpenCVs read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

INSIDE = (0, 2, 3, 1)
"""Where each axis of Keras' (N, H, W, C) lies in (N, C, H, W)."""
OUTSIDE = (0, 3, 1, 2)


def is_map(tensor: Any) -> bool:
    """Whether a Keras tensor is (N, H, W, C), which is (N, C, H, W) in the file."""
    return len(tensor.shape) == 4


def name_of(function: Any) -> str:
    """Name of a Keras activation."""
    return str(getattr(function, "__name__", type(function).__name__))


def refuse(layer: Any, what: str) -> ValueError:
    """The error for a layer that is used in a way this project does not write."""
    return ValueError(f"cannot write layer {layer.name} ({type(layer).__name__}) as ONNX: {what}")


def clip(writer: Any, name: str, value: str, low: float, high: float) -> str:
    """A value held between two numbers."""
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
"""By the name of the Keras function; softmax, which needs to know axes, is ``softmax``."""


def activate(writer: Any, layer: Any, name: str, value: str, function: Any) -> str:
    """A Keras activation of a value that belongs to a layer.

    Raises:
        ValueError: the activation is not known.
    """
    kind = name_of(function)
    if kind == "softmax":
        return softmax(writer, name, value, layer.output)
    if kind not in ACTIVATIONS:
        raise refuse(layer, f"activation {kind} is not known")
    return ACTIVATIONS[kind](writer, name, value)


def softmax(writer: Any, name: str, value: str, tensor: Any) -> str:
    """Softmax over the last axis. Old ONNX takes all axes behind the named one together."""
    last = len(tensor.shape) - 1
    if not is_map(tensor):
        return str(writer.node("Softmax", name, [value], axis=last))
    turned = writer.node("Transpose", f"{name}_turn", [value], perm=INSIDE)
    shares = writer.node("Softmax", f"{name}_shares", [turned], axis=last)
    return str(writer.node("Transpose", name, [shares], perm=OUTSIDE))

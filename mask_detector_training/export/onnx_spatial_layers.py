# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX operators of the Keras layers that pool, pad, resize or reshape.

The functions have the signature described in ``onnx_layers``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mask_detector_training.export.onnx_activations import (
    TO_CHANNELS_FIRST,
    TO_CHANNELS_LAST,
    is_feature_map,
    unsupported,
)

Pads = tuple[int, int, int, int]
"""Rows and columns of zero padding: top, left, bottom, right."""
Written = tuple[Any, str] | None
"""A Keras tensor and its ONNX value name, or None."""


def _pooling(kind: str) -> Callable[[Any, Any], Written]:
    """Writer of ``MaxPool`` or ``AveragePool``; both leave padding out, as Keras does."""

    def write(writer: Any, layer: Any) -> Written:
        pads = same_pads(layer, layer.pool_size) if layer.padding == "same" else (0, 0, 0, 0)
        value = writer.node(
            kind,
            layer.name,
            [writer.value(layer.input)],
            kernel_shape=list(layer.pool_size),
            strides=list(layer.strides),
            pads=list(pads),
        )
        return layer.output, value

    return write


def _global_pooling(kind: str) -> Callable[[Any, Any], Written]:
    def write(writer: Any, layer: Any) -> Written:
        value = writer.node(kind, layer.name, [writer.value(layer.input)])
        if not layer.keepdims:
            value = writer.node("Flatten", f"{layer.name}_flat", [value], axis=1)
        return layer.output, value

    return write


def same_pads(layer: Any, window: tuple[int, int]) -> Pads:
    """Keras' ``same`` padding; an odd row or column is added at the end."""
    begin, end = [], []
    dilations = getattr(layer, "dilation_rate", (1, 1))
    sides = zip(layer.input.shape[1:3], window, layer.strides, dilations, strict=True)
    for length, size, stride, dilation in sides:
        extent = (size - 1) * dilation + 1
        total = max((-(-length // stride) - 1) * stride + extent - length, 0)
        begin.append(total // 2)
        end.append(total - total // 2)
    return begin[0], begin[1], end[0], end[1]


def _zero_padding(writer: Any, layer: Any) -> Written:
    (top, bottom), (left, right) = layer.padding
    writer.defer_padding(layer.output, layer.input, (top, left, bottom, right))
    return None


def _upsampling(writer: Any, layer: Any) -> Written:
    if layer.interpolation != "nearest":
        raise unsupported(layer, f"interpolation {layer.interpolation} is not supported")
    scales = writer.constant(f"{layer.name}_scales", [1, 1, *layer.size])
    inputs = [writer.value(layer.input), scales]
    return layer.output, writer.node("Resize", layer.name, inputs, mode="nearest")


def _reshape(writer: Any, layer: Any) -> Written:
    """Reshape and Flatten, in Keras' order of axes."""
    name, value = layer.name, writer.value(layer.input)
    if is_feature_map(layer.input):
        value = writer.node("Transpose", f"{name}_turn", [value], perm=TO_CHANNELS_LAST)
    # 0 keeps the size of the batch.
    shape = [writer.batch or 0, *layer.output.shape[1:]]
    target = writer.constant(f"{name}_shape", shape, np.int64)
    if not is_feature_map(layer.output):
        return layer.output, writer.node("Reshape", name, [value, target])
    value = writer.node("Reshape", f"{name}_map", [value, target])
    return layer.output, writer.node("Transpose", name, [value], perm=TO_CHANNELS_FIRST)


def _permute(writer: Any, layer: Any) -> Written:
    order = (0, *layer.dims)
    if is_feature_map(layer.output):
        order = tuple(TO_CHANNELS_LAST[order[axis]] for axis in TO_CHANNELS_FIRST)
    value = writer.value(layer.input)
    return layer.output, writer.node("Transpose", layer.name, [value], perm=order)


SPATIAL_LAYER_WRITERS: dict[str, Callable[[Any, Any], Written]] = {
    "MaxPooling2D": _pooling("MaxPool"),
    "AveragePooling2D": _pooling("AveragePool"),
    "GlobalAveragePooling2D": _global_pooling("GlobalAveragePool"),
    "GlobalMaxPooling2D": _global_pooling("GlobalMaxPool"),
    "ZeroPadding2D": _zero_padding,
    "UpSampling2D": _upsampling,
    "Reshape": _reshape,
    "Flatten": _reshape,
    "Permute": _permute,
}
"""By name of the Keras layer class."""

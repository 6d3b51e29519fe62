# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How each kind of Keras layer is written as ONNX operators: one function each, and a table.

A function gets the writer and the layer; it answers the Keras tensor it wrote and the name
of that tensor's value, or None where there is nothing to name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mask_detector_ros.perception.types import FloatArray
from mask_detector_training.export.onnx_activations import (
    INSIDE,
    OUTSIDE,
    activate,
    clip,
    is_map,
    name_of,
    refuse,
    softmax,
)

Pads = tuple[int, int, int, int]
"""Rows and columns of zeros: top, left, bottom, right."""
Answered = tuple[Any, str] | None


def _per_channel(values: Any, tensor: Any) -> FloatArray:
    """Numbers for the last axis, shaped to meet a value with channels in its place."""
    array = np.asarray(values, np.float32)
    if array.size == 1:
        return array.reshape(())
    return array.reshape((-1, 1, 1) if is_map(tensor) else (-1,))


def _affine(writer: Any, name: str, value: str, factor: Any, shift: Any) -> str:
    """``value * factor + shift``; what changes nothing is left out."""
    if np.any(factor != 1):
        value = writer.node("Mul", name, [value, writer.constant(f"{name}_scale", factor)])
    if np.any(shift != 0):
        offset = writer.constant(f"{name}_offset", shift)
        value = writer.node("Add", f"{name}_shifted", [value, offset])
    return value


# Activations ----------------------------------------------------------------------------


def _activation(writer: Any, layer: Any) -> Answered:
    value = writer.value(layer.input)
    return layer.output, activate(writer, layer, layer.name, value, layer.activation)


def _relu(writer: Any, layer: Any) -> Answered:
    if layer.negative_slope or layer.threshold:
        raise refuse(layer, "slope and threshold are not known")
    value = writer.value(layer.input)
    if layer.max_value is None:
        return layer.output, writer.node("Relu", layer.name, [value])
    return layer.output, clip(writer, layer.name, value, 0.0, float(layer.max_value))


def _softmax(writer: Any, layer: Any) -> Answered:
    if layer.axis not in (-1, len(layer.output.shape) - 1):
        raise refuse(layer, f"axis is {layer.axis}; expected the last one")
    value = writer.value(layer.input)
    return layer.output, softmax(writer, layer.name, value, layer.output)


# Layers with weights -----------------------------------------------------------------------


def _convolution(writer: Any, layer: Any) -> Answered:
    """A convolution, with the padding before and the normalization behind it."""
    source, output = layer.input, layer.output
    value, owed = writer.unpadded(source)
    weights = layer.get_weights()
    if type(layer).__name__ == "DepthwiseConv2D":
        rows, columns, channels, _ = weights[0].shape
        kernel = np.transpose(weights[0], (2, 3, 0, 1)).reshape(-1, 1, rows, columns)
        groups = channels
    else:
        kernel, groups = np.transpose(weights[0], (3, 2, 0, 1)), layer.groups
    bias = weights[1] if layer.use_bias else np.zeros(len(kernel), np.float32)
    linear = name_of(layer.activation) == "linear"
    norm = writer.only_follower(layer) if linear else None
    if norm is not None and type(norm).__name__ == "BatchNormalization":
        factor, shift = _as_affine(norm)
        kernel, bias = kernel * factor[:, None, None, None], bias * factor + shift
        output = norm.output
        writer.take_in(norm)
    pads = _same_pads(layer, layer.kernel_size) if layer.padding == "same" else (0, 0, 0, 0)
    value = writer.node(
        "Conv",
        layer.name,
        [
            value,
            writer.constant(f"{layer.name}_kernel", kernel),
            writer.constant(f"{layer.name}_bias", bias),
        ],
        kernel_shape=list(kernel.shape[2:]),
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        pads=[a + b for a, b in zip(pads, owed, strict=True)],
        group=groups,
    )
    return output, activate(writer, layer, f"{layer.name}_active", value, layer.activation)


def _dense(writer: Any, layer: Any) -> Answered:
    value = writer.value(layer.input)
    weights = layer.get_weights()
    kernel = weights[0]
    bias = weights[1] if layer.use_bias else np.zeros(kernel.shape[1], np.float32)
    if len(layer.input.shape) != 2:
        raise refuse(layer, "the layer before must answer (N, C)")
    inputs = [
        value,
        writer.constant(f"{layer.name}_kernel", kernel),
        writer.constant(f"{layer.name}_bias", bias),
    ]
    value = writer.node("Gemm", layer.name, inputs)
    return layer.output, activate(writer, layer, f"{layer.name}_active", value, layer.activation)


def _as_affine(norm: Any) -> tuple[FloatArray, FloatArray]:
    """A batch normalization's factor and shift per channel, as at inference."""
    mean, variance = np.asarray(norm.moving_mean), np.asarray(norm.moving_variance)
    scale = np.asarray(norm.gamma) if norm.scale else 1.0
    shift = np.asarray(norm.beta) if norm.center else 0.0
    factor = scale / np.sqrt(variance + norm.epsilon)
    return factor, shift - mean * factor


def _batch_normalization(writer: Any, layer: Any) -> Answered:
    value = writer.value(layer.input)
    factor, shift = (_per_channel(v, layer.output) for v in _as_affine(layer))
    return layer.output, _affine(writer, layer.name, value, factor, shift)


def _normalization(writer: Any, layer: Any) -> Answered:
    value = writer.value(layer.input)
    mean, deviation = np.asarray(layer.mean), np.sqrt(np.asarray(layer.variance))
    if layer.invert:
        factor, shift = deviation, mean
    else:
        factor = 1 / np.maximum(deviation, 1e-7)
        shift = -mean * factor
    factor, shift = (_per_channel(v, layer.output) for v in (factor, shift))
    return layer.output, _affine(writer, layer.name, value, factor, shift)


def _rescaling(writer: Any, layer: Any) -> Answered:
    value = writer.value(layer.input)
    factor, shift = (_per_channel(v, layer.output) for v in (layer.scale, layer.offset))
    return layer.output, _affine(writer, layer.name, value, factor, shift)


# Sums, products, joints ---------------------------------------------------------------------


def _elementwise(kind: str) -> Callable[[Any, Any], Answered]:
    """``Add`` or ``Mul`` of any number of tensors; numbers may stand between them."""

    def write(writer: Any, layer: Any) -> Answered:
        given = layer._inbound_nodes[0].arguments.args
        if len(given) == 1 and isinstance(given[0], (list, tuple)):
            given = given[0]
        values = [
            writer.value(one)
            if hasattr(one, "shape")
            else writer.constant(f"{layer.name}_operand{place}", one)
            for place, one in enumerate(given)
        ]
        value = values[0]
        for place, other in enumerate(values[1:], start=2):
            name = layer.name if place == len(values) else f"{layer.name}_first{place}"
            value = writer.node(kind, name, [value, other])
        return layer.output, value

    return write


def _concatenate(writer: Any, layer: Any) -> Answered:
    axis = layer.axis % len(layer.output.shape)
    if is_map(layer.output):
        axis = INSIDE[axis]
    values = [writer.value(source) for source in layer.input]
    return layer.output, writer.node("Concat", layer.name, values, axis=axis)


# Pools and sizes ------------------------------------------------------------------------------


def _pooling(kind: str) -> Callable[[Any, Any], Answered]:
    """``MaxPool`` or ``AveragePool``; what is padded counts in neither."""

    def write(writer: Any, layer: Any) -> Answered:
        pads = _same_pads(layer, layer.pool_size) if layer.padding == "same" else (0, 0, 0, 0)
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


def _global_pooling(kind: str) -> Callable[[Any, Any], Answered]:
    def write(writer: Any, layer: Any) -> Answered:
        value = writer.node(kind, layer.name, [writer.value(layer.input)])
        if not layer.keepdims:
            value = writer.node("Flatten", f"{layer.name}_flat", [value], axis=1)
        return layer.output, value

    return write


def _same_pads(layer: Any, window: tuple[int, int]) -> Pads:
    """Keras' ``same`` padding: the odd one goes last."""
    begin, end = [], []
    dilations = getattr(layer, "dilation_rate", (1, 1))
    sides = zip(layer.input.shape[1:3], window, layer.strides, dilations, strict=True)
    for length, size, stride, dilation in sides:
        reach = (size - 1) * dilation + 1
        total = max((-(-length // stride) - 1) * stride + reach - length, 0)
        begin.append(total // 2)
        end.append(total - total // 2)
    return begin[0], begin[1], end[0], end[1]


def _zero_padding(writer: Any, layer: Any) -> Answered:
    (top, bottom), (left, right) = layer.padding
    writer.owe(layer.output, layer.input, (top, left, bottom, right))
    return None


def _upsampling(writer: Any, layer: Any) -> Answered:
    if layer.interpolation != "nearest":
        raise refuse(layer, f"interpolation {layer.interpolation} is not known")
    scales = writer.constant(f"{layer.name}_scales", [1, 1, *layer.size])
    inputs = [writer.value(layer.input), scales]
    return layer.output, writer.node("Resize", layer.name, inputs, mode="nearest")


# Shapes --------------------------------------------------------------------------------------


def _reshape(writer: Any, layer: Any) -> Answered:
    """Reshape and Flatten, in Keras' order of the axes."""
    name, value = layer.name, writer.value(layer.input)
    if is_map(layer.input):
        value = writer.node("Transpose", f"{name}_turn", [value], perm=INSIDE)
    # 0: as many as there are.
    shape = [writer.batch or 0, *layer.output.shape[1:]]
    numbers = writer.constant(f"{name}_shape", shape, np.int64)
    if not is_map(layer.output):
        return layer.output, writer.node("Reshape", name, [value, numbers])
    value = writer.node("Reshape", f"{name}_map", [value, numbers])
    return layer.output, writer.node("Transpose", name, [value], perm=OUTSIDE)


def _permute(writer: Any, layer: Any) -> Answered:
    order = (0, *layer.dims)
    if is_map(layer.output):
        order = tuple(INSIDE[order[axis]] for axis in OUTSIDE)
    value = writer.value(layer.input)
    return layer.output, writer.node("Transpose", layer.name, [value], perm=order)


def _nothing(writer: Any, layer: Any) -> Answered:
    """Layers that do nothing at inference."""
    return layer.output, writer.value(layer.input)


def _given(writer: Any, layer: Any) -> Answered:
    """The input, which the writer itself has named."""
    return None


WRITERS: dict[str, Callable[[Any, Any], Answered]] = {
    "InputLayer": _given,
    "Conv2D": _convolution,
    "DepthwiseConv2D": _convolution,
    "Dense": _dense,
    "BatchNormalization": _batch_normalization,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    "Activation": _activation,
    "ReLU": _relu,
    "Softmax": _softmax,
    "Add": _elementwise("Add"),
    "Multiply": _elementwise("Mul"),
    "Concatenate": _concatenate,
    "MaxPooling2D": _pooling("MaxPool"),
    "AveragePooling2D": _pooling("AveragePool"),
    "GlobalAveragePooling2D": _global_pooling("GlobalAveragePool"),
    "GlobalMaxPooling2D": _global_pooling("GlobalMaxPool"),
    "ZeroPadding2D": _zero_padding,
    "UpSampling2D": _upsampling,
    "Reshape": _reshape,
    "Flatten": _reshape,
    "Permute": _permute,
    "Dropout": _nothing,
    "SpatialDropout2D": _nothing,
}
"""By the name of the Keras class."""

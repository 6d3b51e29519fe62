# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX operators of the Keras layers with weights, activations and arithmetic.

A function gets the writer and the layer. It returns the Keras tensor that it wrote and the
name of its ONNX value, or None if the writer has the name already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.export.onnx_activations import (
    TO_CHANNELS_LAST,
    activate,
    activation_name,
    clip,
    is_feature_map,
    softmax,
    unsupported,
)
from mask_detector_training.export.onnx_spatial_layers import Written, same_pads


def _per_channel(values: Any, tensor: Any) -> FloatArray:
    """Numbers per channel, shaped for broadcasting with a value (N, C, H, W) or (N, C)."""
    array = np.asarray(values, np.float32)
    if array.size == 1:
        return array.reshape(())
    return array.reshape((-1, 1, 1) if is_feature_map(tensor) else (-1,))


def _affine(writer: Any, name: str, value: str, factor: Any, shift: Any) -> str:
    """Add ``value * factor + shift``, without a factor of 1 or a shift of 0."""
    if np.any(factor != 1):
        value = writer.node("Mul", name, [value, writer.constant(f"{name}_scale", factor)])
    if np.any(shift != 0):
        offset = writer.constant(f"{name}_offset", shift)
        value = writer.node("Add", f"{name}_shifted", [value, offset])
    return value


def _activation(writer: Any, layer: Any) -> Written:
    value = writer.value(layer.input)
    return layer.output, activate(writer, layer, layer.name, value, layer.activation)


def _relu(writer: Any, layer: Any) -> Written:
    if layer.negative_slope or layer.threshold:
        raise unsupported(layer, "slope and threshold are not supported")
    value = writer.value(layer.input)
    if layer.max_value is None:
        return layer.output, writer.node("Relu", layer.name, [value])
    return layer.output, clip(writer, layer.name, value, 0.0, float(layer.max_value))


def _softmax(writer: Any, layer: Any) -> Written:
    if layer.axis not in (-1, len(layer.output.shape) - 1):
        raise unsupported(layer, f"axis is {layer.axis}; expected the last one")
    value = writer.value(layer.input)
    return layer.output, softmax(writer, layer.name, value, layer.output)


def _convolution(writer: Any, layer: Any) -> Written:
    """A convolution, with the padding before it and the batch normalization after it."""
    source, output = layer.input, layer.output
    value, deferred = writer.unpadded(source)
    weights = layer.get_weights()
    if type(layer).__name__ == "DepthwiseConv2D":
        rows, columns, channels, _ = weights[0].shape
        kernel = np.transpose(weights[0], (2, 3, 0, 1)).reshape(-1, 1, rows, columns)
        groups = channels
    else:
        kernel, groups = np.transpose(weights[0], (3, 2, 0, 1)), layer.groups
    bias = weights[1] if layer.use_bias else np.zeros(len(kernel), np.float32)
    linear = activation_name(layer.activation) == "linear"
    norm = writer.only_consumer(layer) if linear else None
    if norm is not None and type(norm).__name__ == "BatchNormalization":
        factor, shift = _as_affine(norm)
        kernel, bias = kernel * factor[:, None, None, None], bias * factor + shift
        output = norm.output
        writer.mark_written(norm)
    pads = same_pads(layer, layer.kernel_size) if layer.padding == "same" else (0, 0, 0, 0)
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
        pads=[a + b for a, b in zip(pads, deferred, strict=True)],
        group=groups,
    )
    return output, activate(writer, layer, f"{layer.name}_active", value, layer.activation)


def _dense(writer: Any, layer: Any) -> Written:
    value = writer.value(layer.input)
    weights = layer.get_weights()
    kernel = weights[0]
    bias = weights[1] if layer.use_bias else np.zeros(kernel.shape[1], np.float32)
    if len(layer.input.shape) != 2:
        raise unsupported(layer, "its input must be (N, C)")
    inputs = [
        value,
        writer.constant(f"{layer.name}_kernel", kernel),
        writer.constant(f"{layer.name}_bias", bias),
    ]
    value = writer.node("Gemm", layer.name, inputs)
    return layer.output, activate(writer, layer, f"{layer.name}_active", value, layer.activation)


def _as_affine(norm: Any) -> tuple[FloatArray, FloatArray]:
    """Factor and shift per channel of a batch normalization at inference."""
    mean, variance = np.asarray(norm.moving_mean), np.asarray(norm.moving_variance)
    scale = np.asarray(norm.gamma) if norm.scale else 1.0
    shift = np.asarray(norm.beta) if norm.center else 0.0
    factor = scale / np.sqrt(variance + norm.epsilon)
    return factor, shift - mean * factor


def _batch_normalization(writer: Any, layer: Any) -> Written:
    value = writer.value(layer.input)
    factor, shift = (_per_channel(v, layer.output) for v in _as_affine(layer))
    return layer.output, _affine(writer, layer.name, value, factor, shift)


def _normalization(writer: Any, layer: Any) -> Written:
    value = writer.value(layer.input)
    mean, deviation = np.asarray(layer.mean), np.sqrt(np.asarray(layer.variance))
    if layer.invert:
        factor, shift = deviation, mean
    else:
        factor = 1 / np.maximum(deviation, 1e-7)
        shift = -mean * factor
    factor, shift = (_per_channel(v, layer.output) for v in (factor, shift))
    return layer.output, _affine(writer, layer.name, value, factor, shift)


def _rescaling(writer: Any, layer: Any) -> Written:
    value = writer.value(layer.input)
    factor, shift = (_per_channel(v, layer.output) for v in (layer.scale, layer.offset))
    return layer.output, _affine(writer, layer.name, value, factor, shift)


def _elementwise(kind: str) -> Callable[[Any, Any], Written]:
    """Writer of ``Add``, ``Sub`` or ``Mul`` for any number of tensors and constants."""

    def write(writer: Any, layer: Any) -> Written:
        operands = layer._inbound_nodes[0].arguments.args
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = operands[0]
        values = [
            writer.value(one)
            if hasattr(one, "shape")
            else writer.constant(f"{layer.name}_operand{index}", one)
            for index, one in enumerate(operands)
        ]
        value = values[0]
        for count, other in enumerate(values[1:], start=2):
            name = layer.name if count == len(values) else f"{layer.name}_first{count}"
            value = writer.node(kind, name, [value, other])
        return layer.output, value

    return write


def _concatenate(writer: Any, layer: Any) -> Written:
    axis = layer.axis % len(layer.output.shape)
    if is_feature_map(layer.output):
        axis = TO_CHANNELS_LAST[axis]
    values = [writer.value(source) for source in layer.input]
    return layer.output, writer.node("Concat", layer.name, values, axis=axis)


def _identity(writer: Any, layer: Any) -> Written:
    """A layer without effect at inference."""
    return layer.output, writer.value(layer.input)


def _input(writer: Any, layer: Any) -> Written:
    """The input; the writer has named it."""
    return None


LAYER_WRITERS: dict[str, Callable[[Any, Any], Written]] = {
    "InputLayer": _input,
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
    "Subtract": _elementwise("Sub"),
    "Multiply": _elementwise("Mul"),
    "Concatenate": _concatenate,
    "Dropout": _identity,
    "SpatialDropout2D": _identity,
}
"""By name of the Keras layer class."""

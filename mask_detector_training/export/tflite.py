# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Conversion of Keras networks to TFLite files in float32, float16 and int8."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_training.export.tflite_joining import join

FLOAT32, FLOAT16, INT8 = PRECISIONS = ("float32", "float16", "int8")
QUANTIZED = ("Conv2D", "DepthwiseConv2D", "Dense")


def as_float(model: Any, precision: str) -> bytes:
    """Convert to a TFLite file with float32 or float16 weights.

    XNNPACK converts float16 weights to float32 once, when the file is loaded.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if precision == FLOAT16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return _converted(converter)


def as_int8(model: Any, images: Callable[[], Iterable[Image]], batch: int | None) -> bytes:
    """Convert to a TFLite file with int8 weights and activations.

    Post-training quantization (Jacob et al., 2018, "Quantization and Training of Neural
    Networks for Efficient Integer-Arithmetic-Only Inference"). The input is uint8 pixels with
    scale 1 and the output float32, so the file is used like the float ones. Layers after the
    last convolutions stay float32: the output of the detector holds both probabilities and
    distances in pixels, for which no common scale of 256 steps exists.

    Args:
        model: network from BGR pixels to the output of the runtime.
        images: returns (H, W, 3) uint8 images as preprocessed on the robot, for the ranges of
            all activations.
        batch: fixed batch size; None for any.

    Raises:
        ValueError: there are no images.
    """
    import tensorflow as tf

    body, tail = split(model, batch)
    converter = tf.lite.TFLiteConverter.from_keras_model(body)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.representative_dataset = lambda: _representative_dataset(images())
    return join(_converted(converter), as_float(tail, FLOAT32))


def split(model: Any, batch: int | None) -> tuple[Any, Any]:
    """Split a network after its last convolutions; the second part takes their outputs."""
    import keras

    cut: dict[str, Any] = {}
    queue = list(model.outputs)
    while queue:
        tensor = queue.pop(0)
        operation = tensor._keras_history.operation
        if type(operation).__name__ in QUANTIZED or tensor in model.inputs:
            cut[tensor.name] = tensor
        else:
            queue += operation._inbound_nodes[0].input_tensors
    tensors = list(cut.values())
    return (
        _of_batch(keras.Model(model.inputs, tensors), model.inputs, batch),
        _of_batch(keras.Model(tensors, model.outputs), tensors, batch),
    )


def _of_batch(model: Any, inputs: list[Any], batch: int | None) -> Any:
    """The same network with inputs of a fixed batch size, named ``input_0``, ``input_1``, …."""
    import keras

    fixed = [
        keras.Input(batch_shape=(batch, *tensor.shape[1:]), name=f"input_{index}")
        for index, tensor in enumerate(inputs)
    ]
    return keras.Model(fixed, model(fixed if len(fixed) > 1 else fixed[0]))


def _representative_dataset(images: Iterable[Image]) -> Iterator[list[FloatArray]]:
    """Images for the converter; the first gets a black and a white pixel in its corner.

    The input range is then 0 to 255, and its scale exactly 1.
    """
    empty = True
    for image in images:
        inputs = image[np.newaxis].astype(np.float32)
        if empty:
            inputs[0, 0, 0], inputs[0, 0, 1] = 0, 255
        empty = False
        yield [inputs]
    if empty:
        raise ValueError("int8 needs images of train for the quantization ranges; there are none")


def _converted(converter: Any) -> bytes:
    # Keras prints all variables of the network, and TensorFlow the path of a temporary copy.
    log = logging.getLogger("tensorflow")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return bytes(converter.convert())
    finally:
        log.setLevel(level)

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keras networks as TFLite files with float weights, or as whole numbers throughout."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from mask_detector_ros.perception.types import FloatArray, Image
from mask_detector_training.export.tflite_joining import join

FLOAT32, FLOAT16, INT8 = PRECISIONS = ("float32", "float16", "int8")
QUANTIZED = ("Conv2D", "DepthwiseConv2D", "Dense")


def as_float(model: Any, precision: str) -> bytes:
    """A TFLite file with float32 or float16 weights.

    XNNPACK unpacks float16 once, when the file is loaded.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if precision == FLOAT16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return _converted(converter)


def as_int8(model: Any, examples: Callable[[], Iterable[Image]], batch: int | None) -> bytes:
    """A TFLite file whose weights and activations are 8-bit whole numbers.

    What goes in are the picture's bytes as they are (uint8, scale 1), what comes out are
    float32 numbers as from the other files, so that a runtime need not know. Everything
    behind the last convolutions stays float: the detector joins probabilities and distances
    in pixels in one answer, and no single scale of 256 steps suits both.

    Args:
        model: raw BGR pixels to the runtime's answer.
        examples: gives (H, W, 3) uint8 pictures as the runtime prepares them; the ranges of
            all activations are taken from them.
        batch: pictures at a time; None for any number.

    Raises:
        ValueError: there are no examples.
    """
    import tensorflow as tf

    body, tail = split(model, batch)
    converter = tf.lite.TFLiteConverter.from_keras_model(body)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.representative_dataset = lambda: _full_range(examples())
    return join(_converted(converter), as_float(tail, FLOAT32))


def split(model: Any, batch: int | None) -> tuple[Any, Any]:
    """A network up to its last convolutions, and the rest, which takes their answers."""
    import keras

    cut: dict[str, Any] = {}
    todo = list(model.outputs)
    while todo:
        tensor = todo.pop(0)
        operation = tensor._keras_history.operation
        if type(operation).__name__ in QUANTIZED or tensor in model.inputs:
            cut[tensor.name] = tensor
        else:
            todo += operation._inbound_nodes[0].input_tensors
    tensors = list(cut.values())
    return (
        _of_batch(keras.Model(model.inputs, tensors), model.inputs, batch),
        _of_batch(keras.Model(tensors, model.outputs), tensors, batch),
    )


def _of_batch(model: Any, inputs: list[Any], batch: int | None) -> Any:
    """The same network over inputs of a fixed batch, named by their place."""
    import keras

    given = [
        keras.Input(batch_shape=(batch, *tensor.shape[1:]), name=f"input_{place}")
        for place, tensor in enumerate(inputs)
    ]
    return keras.Model(given, model(given if len(given) > 1 else given[0]))


def _full_range(examples: Iterable[Image]) -> Iterator[list[FloatArray]]:
    """Examples for the converter, the first with a black and a white spot in its corner.

    With both ends of the range seen, a step of the input is exactly one step of a byte.
    """
    seen = False
    for example in examples:
        picture = example[np.newaxis].astype(np.float32)
        if not seen:
            picture[0, 0, 0], picture[0, 0, 1] = 0, 255
        seen = True
        yield [picture]
    if not seen:
        raise ValueError("int8 needs pictures of train to choose the scales from; there are none")


def _converted(converter: Any) -> bytes:
    # Keras prints every variable of the network while it is converted, TensorFlow says where
    # it puts a temporary copy.
    log = logging.getLogger("tensorflow")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return bytes(converter.convert())
    finally:
        log.setLevel(level)

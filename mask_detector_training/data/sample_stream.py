# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Numbered samples as a stream of batches; memory stays the same however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mask_detector_ros.perception.types import FloatArray, Image


def batches(
    sample: Callable[[int], tuple[Image, FloatArray]],
    first_step: int,
    batch: int,
    picture: tuple[int, ...],
    target: tuple[int, ...],
    workers: int = 2,
) -> Iterator[tuple[Any, Any]]:
    """Endless batches: pictures (B, *picture) float32 and targets (B, *target) float32.

    The n-th batch is the same whether training began there or was resumed.

    Args:
        sample: makes the n-th sample, picture uint8 and target.
        first_step: the batch to begin with.
        batch: samples in each.
        picture: shape of one picture.
        target: shape of one target.
        workers: samples made at the same time.

    Raises:
        Exception: what ``sample`` raised, in the thread that asks for batches.
    """
    import cv2
    import tensorflow as tf

    # The workers are the parallelism; OpenCV's own threads would only get in their way.
    cv2.setNumThreads(1)

    failed: list[Exception] = []

    def make(number: Any) -> tuple[Image, FloatArray]:
        try:
            image, answer = sample(int(number))
        except Exception as error:
            # Raised here it would go through TensorFlow, which may abort or hang.
            failed.append(error)
            return np.zeros(picture, np.uint8), np.zeros(target, np.float32)
        return image, np.asarray(answer, np.float32)

    def shaped(number: Any) -> tuple[Any, Any]:
        image, answer = tf.numpy_function(make, [number], (tf.uint8, tf.float32))
        return tf.ensure_shape(image, picture), tf.ensure_shape(answer, target)

    numbers = tf.data.Dataset.range(first_step * batch, np.iinfo(np.int64).max)
    stream = numbers.map(shaped, num_parallel_calls=workers, deterministic=True)
    stream = stream.batch(batch, drop_remainder=True)
    stream = stream.map(lambda image, answer: (tf.cast(image, tf.float32), answer))
    for pair in stream.prefetch(3):
        if failed:
            raise failed[0]
        yield pair

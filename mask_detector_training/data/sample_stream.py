# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Numbered samples as a stream of batches; its memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image


def stream_batches(
    sample: Callable[[int], tuple[Image, FloatArray]],
    first_step: int,
    batch_size: int,
    image_shape: tuple[int, ...],
    target_shape: tuple[int, ...],
    workers: int = 2,
    shard: tuple[int, int] = (0, 1),
) -> Iterator[tuple[Any, Any]]:
    """Endless batches: images (B, *image_shape) float32 and targets (B, *target_shape) float32.

    The batch of a step does not depend on ``first_step``, so a resumed training gets the same
    batches. The parts of all processes, in their order, are the batch that one process would get.

    Args:
        sample: makes the n-th sample: uint8 image and target.
        first_step: step of the first batch.
        batch_size: samples per batch, of all processes together.
        image_shape: shape of one image.
        target_shape: shape of one target.
        workers: number of threads that make samples.
        shard: number of this process and number of processes that train together; each makes an
            equal part of every batch.

    Raises:
        Exception: what ``sample`` raised, in the thread that asks for batches.
    """
    import cv2
    import tensorflow as tf

    # The workers are the parallelism; OpenCV's own threads would compete with them.
    cv2.setNumThreads(1)

    errors: list[Exception] = []
    process, processes = shard
    part_size = batch_size // processes

    def make(number: Any) -> tuple[Image, FloatArray]:
        step, place = divmod(int(number), part_size)
        try:
            image, target = sample(step * batch_size + process * part_size + place)
        except Exception as error:
            # Raised here it would pass through TensorFlow, which may abort or hang.
            errors.append(error)
            return np.zeros(image_shape, np.uint8), np.zeros(target_shape, np.float32)
        return image, np.asarray(target, np.float32)

    def make_tensors(number: Any) -> tuple[Any, Any]:
        image, target = tf.numpy_function(make, [number], (tf.uint8, tf.float32))
        return tf.ensure_shape(image, image_shape), tf.ensure_shape(target, target_shape)

    numbers = tf.data.Dataset.range(first_step * part_size, np.iinfo(np.int64).max)
    stream = numbers.map(make_tensors, num_parallel_calls=workers, deterministic=True)
    stream = stream.batch(part_size, drop_remainder=True)
    stream = stream.map(lambda image, target: (tf.cast(image, tf.float32), target))
    for pair in stream.prefetch(3):
        if errors:
            raise errors[0]
        yield pair

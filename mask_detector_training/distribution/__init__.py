# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training on several devices or machines at once, with TensorFlow's own strategies.

Every replica (a device with its own copy of the weights) computes the gradients of its part of the
batch. A weight update is the one that a single device would compute from the whole batch: gradients
are summed before they are clipped, and batch statistics are those of the whole batch.
"""

from mask_detector_training.distribution.one_device import Distribution, sum_over_replicas

DISTRIBUTIONS = ("none", "mirrored", "multiworker")

__all__ = ["DISTRIBUTIONS", "Distribution", "distribute", "sum_over_replicas"]


def distribute(name: str) -> Distribution:
    """The distribution of a name in ``DISTRIBUTIONS``; call it before TensorFlow is used.

    For ``multiworker`` it returns when all workers are there.

    Raises:
        ValueError: ``TF_CONFIG`` is missing or unusable; the message says what is wrong.
        ConnectionError: the workers cannot be connected.
    """
    if name == "mirrored":
        from mask_detector_training.distribution.mirrored import all_devices

        return all_devices()
    if name == "multiworker":
        from mask_detector_training.distribution.multiworker import connect_workers

        return connect_workers()
    return Distribution()

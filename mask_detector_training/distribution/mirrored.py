# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training on all devices of one machine."""

from __future__ import annotations

import logging
import os
from contextlib import AbstractContextManager
from typing import Any

from mask_detector_training.distribution.cluster import TF_CONFIG
from mask_detector_training.distribution.one_device import Distribution, TrainFunction

LOG = logging.getLogger(__name__)
SEED_STEP = 7919
"""Difference of the dropout seeds of two replicas."""


class Mirrored(Distribution):
    """One process trains on all devices of its machine."""

    def __init__(self, strategy: Any) -> None:
        """With a ``tf.distribute`` strategy that keeps a copy of the weights on every device."""
        self._strategy = strategy
        self.replicas = strategy.num_replicas_in_sync

    def scope(self) -> AbstractContextManager[Any]:
        """See ``Distribution``."""
        scope: AbstractContextManager[Any] = self._strategy.scope()
        return scope

    def prepare(self, model: Any) -> None:
        """Compute batch statistics over the batches of all replicas."""
        for layer in getattr(model, "layers", ()):
            if hasattr(layer, "synchronized"):
                layer.synchronized = True
            self.prepare(layer)

    def train_function(self, model: Any) -> TrainFunction:
        """See ``Distribution``. Every replica gets an equal part of the samples, in their order."""
        import tensorflow as tf

        strategy, optimizer, replicas = self._strategy, model.optimizer, self.replicas
        total, mean = tf.distribute.ReduceOp.SUM, tf.distribute.ReduceOp.MEAN

        def replica_step(inputs: Any, targets: Any) -> dict[str, Any]:
            variables = model.trainable_variables
            with tf.GradientTape() as tape:
                outputs = model(inputs, training=True)
                # Not compute_loss: it divides losses by the number of replicas, but no scalar ones.
                loss = tf.reduce_mean(model.loss(targets, outputs)) / replicas
            gradients = tape.gradient(
                loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
            )
            gradients = tf.distribute.get_replica_context().all_reduce(total, gradients)
            # Keras would clip each replica's gradients for themselves.
            gradients, _ = tf.clip_by_global_norm(gradients, optimizer.global_clipnorm)
            # The optimizer sums them over the replicas.
            optimizer.apply([gradient / replicas for gradient in gradients], variables)
            metrics = model.compute_metrics(inputs, targets, outputs)
            return {**metrics, "loss": loss * replicas}

        @tf.function
        def step(inputs: Any, targets: Any) -> dict[str, Any]:
            metrics = strategy.run(replica_step, (inputs, targets))
            return {name: strategy.reduce(mean, m, axis=None) for name, m in metrics.items()}

        def train(inputs: Any, targets: Any) -> dict[str, float]:
            model.reset_metrics()
            metrics = step(self._split(inputs), self._split(targets))
            return {name: float(value) for name, value in metrics.items()}

        return train

    def _split(self, samples: Any) -> Any:
        """Samples of this worker as equal parts, one for each of its replicas."""
        here = self.replicas // self.workers
        size, first = len(samples) // here, self.worker * here

        def part(context: Any) -> Any:
            start = (context.replica_id_in_sync_group - first) * size
            return samples[start : start + size]

        return self._strategy.experimental_distribute_values_from_function(part)

    def vary_seeds(self, seeds: list[Any]) -> None:
        """See ``Distribution``."""
        import tensorflow as tf

        def vary() -> None:
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            for seed in seeds:
                shift = tf.cast(tf.stack([replica * SEED_STEP, 0]), seed.dtype)
                seed.assign(seed.value + shift)

        if seeds:
            self._strategy.run(tf.function(vary))

    def scored_model(self, model: Any) -> Any:
        """A copy outside the strategy: within it all workers would have to take part."""
        # Not clone_model: it compiles the copy, for which the loss would have to be serializable.
        return type(model).from_config(model.get_config())


def all_devices() -> Mirrored:
    """The distribution over all GPUs of this machine, or over its CPU devices if it has none."""
    import tensorflow as tf

    if TF_CONFIG in os.environ:
        LOG.warning("%s is ignored; several machines train with multiworker", TF_CONFIG)
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    names = [device.name for device in devices]
    if len(names) == 1:
        LOG.warning("this machine has one device only, %s; --distribute gains nothing", names[0])
    else:
        LOG.info("training on %d devices: %s", len(names), ", ".join(names))
    return Mirrored(tf.distribute.MirroredStrategy(names))

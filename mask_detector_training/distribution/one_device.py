# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training asks of its distribution; without one, a single device does everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")
TrainFunction = Callable[[Any, Any], dict[str, float]]
"""Updates the weights from inputs and targets of this worker; returns the metrics."""


class Distribution:
    """No distribution: one process trains on one device.

    Attributes:
        replicas: number of devices that train, of all workers together.
        worker: number of this worker; 0 is the chief, which writes all files.
        workers: number of workers (processes).
    """

    replicas, worker, workers = 1, 0, 1

    @property
    def is_chief(self) -> bool:
        """Whether this worker scores, calibrates and writes the run folder."""
        return self.worker == 0

    @property
    def shard(self) -> tuple[int, int]:
        """Number of this worker and number of workers; each makes an equal part of a batch."""
        return self.worker, self.workers

    def scope(self) -> AbstractContextManager[Any]:
        """Context in which the trained model and its optimizer are made."""
        return nullcontext()

    def check_batch_size(self, size: int) -> None:
        """Check that the batch can be split evenly.

        Raises:
            ValueError: it cannot.
        """
        if size % self.replicas:
            raise ValueError(
                f"batch_size is {size}; expected a multiple of {self.replicas}, the number of "
                f"devices that train ({self.workers} workers with "
                f"{self.replicas // self.workers} each): every device gets an equal part"
            )

    def prepare(self, model: Any) -> None:
        """Change what depends on the distribution in a model that is not yet trained."""

    def train_function(self, model: Any) -> TrainFunction:
        """The function that does one weight update of a compiled model."""
        return partial(model.train_on_batch, return_dict=True)

    def vary_seeds(self, seeds: list[Any]) -> None:
        """Make the states of dropout's random generators, equal at first, differ by replica."""

    def scored_model(self, model: Any) -> Any:
        """The model that is scored on the chief: the trained one, or a copy with own weights."""
        return model

    def from_chief(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The chief's values; names, shapes and types are the same on all workers."""
        return dict(values)

    def settings_of_chief(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The chief's settings, which can be written as JSON, to be compared with the own ones."""
        return dict(settings)

    def chief_first(self, action: Callable[[], Result]) -> Result:
        """Do something on the chief, and then on the others, which find the files it wrote."""
        if not self.is_chief:
            self.wait()
            return action()
        result = action()
        self.wait()
        return result

    def on_chief(self, action: Callable[[], None]) -> None:
        """Do something on the chief only; the others wait."""
        if self.is_chief:
            action()
        self.wait()

    def wait(self) -> None:
        """Wait until all workers have come here."""

    def named_errors(self) -> AbstractContextManager[Any]:
        """Context in which a lost worker is a ``ConnectionError`` that says what to do."""
        return nullcontext()


def sum_over_replicas(value: Any) -> tuple[Any, int]:
    """The sum of a tensor over the replicas and their number, in a training step.

    Elsewhere the tensor itself and 1.
    """
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value, 1
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, value)
    return total, context.num_replicas_in_sync

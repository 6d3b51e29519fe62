# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training by several processes, usually on several machines."""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from mask_detector_ros.background_threads import BackgroundThread
from mask_detector_ros.early_signals import SIGNALS
from mask_detector_training.distribution.cluster import TF_CONFIG, Cluster, read_cluster
from mask_detector_training.distribution.mirrored import Mirrored
from mask_detector_training.distribution.one_device import Result

LOG = logging.getLogger(__name__)
POLL_S = 0.2
REPORT_S = 20.0
"""Interval at which workers that are not there yet are named."""


class MultiWorker(Mirrored):
    """Several processes train together, each on all devices of its machine."""

    def __init__(self, strategy: Any, cluster: Cluster) -> None:
        """With a connected ``MultiWorkerMirroredStrategy``."""
        super().__init__(strategy)
        self.worker, self.workers = cluster.own, len(cluster.names)

    def _sum(self, values: Any) -> Any:
        """Sum (N,) over all workers of arrays (N,)."""
        import tensorflow as tf

        first = self.worker * self.replicas // self.workers

        def part(context: Any) -> Any:
            is_first = context.replica_id_in_sync_group == first
            return tf.constant(values if is_first else np.zeros_like(values))

        parts = self._strategy.experimental_distribute_values_from_function(part)
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None).numpy()

    def from_chief(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """See ``Distribution``."""
        arrays = {name: np.asarray(value) for name, value in values.items()}
        # float64 is exact for float32 and for the counters.
        flat = np.concatenate([array.ravel().astype(np.float64) for array in arrays.values()])
        flat = self._sum(flat if self.is_chief else np.zeros_like(flat))
        stops = np.cumsum([array.size for array in arrays.values()])
        parts = zip(arrays.items(), np.split(flat, stops[:-1]), strict=True)
        return {name: p.reshape(array.shape).astype(array.dtype) for (name, array), p in parts}

    def settings_of_chief(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """See ``Distribution``."""
        own = np.frombuffer(json.dumps(settings).encode(), np.uint8)
        size = int(self.from_chief({"size": len(own)})["size"])
        text = self.from_chief({"text": own if self.is_chief else np.zeros(size, np.uint8)})
        found: dict[str, Any] = json.loads(text["text"].tobytes())
        return found

    def wait(self) -> None:
        """See ``Distribution``. It can be interrupted."""
        with self.named_errors():
            _in_background(lambda: self._sum(np.zeros(1)))

    @contextmanager
    def named_errors(self) -> Iterator[None]:
        """See ``Distribution``."""
        from tensorflow import errors

        try:
            yield
        except (
            errors.AbortedError, errors.CancelledError, errors.DeadlineExceededError,
            errors.FailedPreconditionError, errors.InternalError, errors.UnavailableError,
        ) as error:  # fmt: skip
            raise ConnectionError(
                "another worker has ended or cannot be reached; see the output of the others, then "
                "start all workers again with --resume: the training continues after the last "
                f"finished epoch (TensorFlow: {error.message.strip()})"
            ) from error


def connect_workers() -> MultiWorker:
    """The distribution over the workers in ``TF_CONFIG``, when all of them are there.

    Raises:
        ValueError: ``TF_CONFIG`` is missing or unusable; the message says what is wrong.
        ConnectionError: the workers cannot be connected.
    """
    cluster = read_cluster()
    cluster.check_port()
    import tensorflow as tf

    LOG.info(
        "%s of %d, %s: waiting for the others",
        cluster.names[cluster.own], len(cluster.names), cluster.addresses[cluster.own],
    )  # fmt: skip

    def report() -> None:
        missing = cluster.unreachable()
        if missing:
            LOG.info("still waiting for %s", ", ".join(missing))

    try:
        strategy = _in_background(tf.distribute.MultiWorkerMirroredStrategy, report)
    except (tf.errors.OpError, RuntimeError) as error:
        raise ConnectionError(f"the workers in {TF_CONFIG} cannot be connected: {error}") from error
    distribution = MultiWorker(strategy, cluster)
    LOG.info("all workers are there; %d devices train", distribution.replicas)
    return distribution


def _in_background(
    action: Callable[[], Result], report: Callable[[], None] | None = None
) -> Result:
    """Do something that blocks inside TensorFlow, so that signals still end the process.

    Args:
        action: what to do.
        report: called from time to time until it is done.

    Raises:
        Exception: what ``action`` raised.
    """
    results: list[Result] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            results.append(action())
        except Exception as error:
            failures.append(error)

    thread = BackgroundThread(run, "tensorflow")
    thread.start()
    waited = 0.0
    while thread.is_alive():
        # TensorFlow installs its own handler of SIGTERM when workers connect.
        _handle_signals_again()
        thread.join(POLL_S)
        waited += POLL_S
        if report is not None and waited >= REPORT_S:
            report()
            waited = 0.0
    _handle_signals_again()
    if failures:
        raise failures[0]
    return results[0]


def _handle_signals_again() -> None:
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, signal.getsignal(number))

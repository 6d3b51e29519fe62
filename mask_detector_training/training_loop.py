# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training loop: learning rate schedule, averaged weights, checkpoints, resuming."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.array_files import read_json, read_npz, save_npz
from mask_detector_training.distribution import Distribution
from mask_detector_training.ema_weights import EMA_INTERVAL_STEPS, EmaWeights
from mask_detector_training.history_file import append_row, drop_rows_after
from mask_detector_training.loop_settings import LoopSettings, build_optimizer
from mask_detector_training.tensorboard_log import TensorBoardLog

CHECKPOINT, BEST, CONFIG, HISTORY = "checkpoint.npz", "best.npz", "config.json", "history.jsonl"
SOURCES = "sources"
"""Key in ``config.json`` for the description of the training data."""
TENSORBOARD = "tensorboard"


class EpochScore(NamedTuple):
    """The result of an epoch on val.

    Attributes:
        score: larger is better; decides which weights are kept.
        summary: one line for people.
        metrics: further values for the history, by name.
    """

    score: float
    summary: str
    metrics: Mapping[str, float] = MappingProxyType({})


class TrainingLoop:
    """Trains one model in a run folder; continues an interrupted training with ``resume``.

    Attributes:
        model: the trained model.
        scored: the model that is scored on val: the trained one, or a copy of it on the chief.
    """

    def __init__(
        self,
        run: Path,
        model: Any,
        loss: Callable[[Any, Any], Any],
        settings: LoopSettings,
        config: dict[str, Any],
        *,
        metrics: Sequence[Any] = (),
        tensorboard: bool = False,
        distribution: Distribution | None = None,
    ) -> None:
        """Compile the model.

        Args:
            run: the run folder.
            model: the Keras model; only its trainable layers change.
            loss: Keras loss of targets and predictions.
            settings: duration, schedule and optimizer.
            config: what identifies the training; written to ``config.json``.
            metrics: Keras metrics, written to the history beside the loss.
            tensorboard: also write the history for TensorBoard.
            distribution: in whose scope the model was made; None for one device.

        Raises:
            ValueError: the distribution cannot split the batch evenly.
        """
        self.run, self.model, self.settings = run, model, settings
        self._distribution = distribution or Distribution()
        self._distribution.check_batch_size(settings.batch_size)
        self._distribution.prepare(model)
        with self._distribution.scope():
            self._optimizer = build_optimizer(model, settings)
            model.compile(optimizer=self._optimizer, loss=loss, metrics=list(metrics))
            self._optimizer.build(model.trainable_variables)
        self._train_on_batch = self._distribution.train_function(model)
        self.scored = self._distribution.scored_model(model)
        # States of the dropout layers' random generators.
        self._seeds = [v for v in model.variables if v.path.endswith("seed_generator_state")]
        self._config = {**config, "loop": asdict(settings)}
        self._tensorboard = TensorBoardLog(run / TENSORBOARD) if tensorboard else None
        self.step, self.elapsed_s = 0, 0.0
        self.best_score, self.epochs_without_gain = float("-inf"), 0
        self.ema = EmaWeights(model, settings.ema_momentum)

    def start(self, resume: bool) -> None:
        """Start a new run, or continue from the checkpoint.

        Raises:
            ValueError: the folder holds a run and ``resume`` is False, or the run was started
                with other settings.
            ConnectionError: another worker has ended.
        """
        distribution = self._distribution
        with distribution.named_errors():
            config_now = json.loads(json.dumps(self._config))
            changed = changed_settings(distribution.settings_of_chief(config_now), config_now)
            if changed:
                raise ValueError(
                    f"this worker differs from the chief ({', '.join(changed)}); start all "
                    "workers with the same command and the same data"
                )
            stored = self._open(config_now, resume) if distribution.is_chief else {}
            if stored or distribution.workers > 1:
                state = {name: stored.get(name, v) for name, v in self._state().items()}
                self._restore(distribution.from_chief(state))
            distribution.vary_seeds(self._seeds)
        if resume and distribution.is_chief:
            drop_rows_after(self.run / HISTORY, self.step)

    def _open(self, config_now: dict[str, Any], resume: bool) -> dict[str, Any]:
        """Open the run folder; returns the state in its checkpoint, empty if there is none."""
        file = self.run / CONFIG
        if not file.is_file():
            if resume:
                tqdm.write(f"{self.run} holds no run yet: a new one starts")
            write_atomically(file, json.dumps(config_now, indent=2) + "\n")
            return {}
        if not resume:
            raise ValueError(
                f"{self.run} already holds a run; give --resume to continue it, or another --out"
            )
        changed = changed_settings(read_json(file), config_now)
        if changed:
            raise ValueError(
                f"{self.run} was started with other settings ({', '.join(changed)}); "
                "repeat its command exactly, with --resume"
            )
        if not (self.run / CHECKPOINT).is_file():
            return {}
        return read_npz(self.run / CHECKPOINT, *self._state())

    def _state(self) -> dict[str, Any]:
        """Everything from which the training continues, as arrays by name."""
        arrays = {f"w{i}": v for i, v in enumerate(self.model.get_weights())}
        arrays |= {f"e{i}": v for i, v in enumerate(self.ema.values)}
        arrays |= {f"o{i}": np.asarray(v.numpy()) for i, v in enumerate(self._optimizer.variables)}
        arrays |= {f"s{i}": np.asarray(v.numpy()) for i, v in enumerate(self._seeds)}
        return {
            "step": self.step, "elapsed": self.elapsed_s, "best": self.best_score,
            "stale": self.epochs_without_gain, **arrays,
        }  # fmt: skip

    def _restore(self, stored: Mapping[str, Any]) -> None:
        count = len(self.ema.values)
        self.model.set_weights([stored[f"w{i}"] for i in range(count)])
        self.ema.values = [stored[f"e{i}"] for i in range(count)]
        for i, variable in enumerate(self._optimizer.variables):
            variable.assign(stored[f"o{i}"])
        for i, variable in enumerate(self._seeds):
            variable.assign(stored[f"s{i}"])
        self.step, self.elapsed_s = int(stored["step"]), float(stored["elapsed"])
        self.best_score = float(stored["best"])
        self.epochs_without_gain = int(stored["stale"])

    def _save(self) -> None:
        save_npz(self.run / CHECKPOINT, **self._state())

    @property
    def finished(self) -> bool:
        """Whether all steps are done or the patience is exhausted."""
        patience = self.settings.patience
        return self.progress >= 1.0 or 0 < patience <= self.epochs_without_gain

    @property
    def progress(self) -> float:
        """Fraction of the training that is done, 0 to 1."""
        done = self.step / self.settings.steps
        if self.settings.minutes > 0:
            done = max(done, self.elapsed_s / (60 * self.settings.minutes))
        return min(done, 1.0)

    def _learning_rate(self) -> float:
        return self.settings.rate_at(self.progress)

    def train(self, batches: Any, evaluate: Callable[[], EpochScore] | None) -> None:
        """Train until all steps are done or the patience is exhausted.

        Args:
            batches: iterator of this worker's (inputs, targets), starting at step ``self.step``.
            evaluate: scores ``scored``; called after each epoch, on the chief, with the averaged
                weights in it. The weights of the best score are written to ``best.npz``.

        Raises:
            ConnectionError: another worker has ended.
        """
        with self._distribution.named_errors():
            iterator = iter(batches)
            while not self.finished:
                self._finish_epoch(self._train_epoch(iterator), evaluate)

    def _train_epoch(self, iterator: Iterator[tuple[Any, Any]]) -> dict[str, float]:
        """Train until the end of the epoch or of the training; the means of the metrics."""
        rows: list[dict[str, float]] = []
        bar = tqdm(
            range(self.settings.steps_per_epoch), unit="step", mininterval=5.0,
            desc=f"{100 * self.progress:5.1f} %", disable=not self._distribution.is_chief,
        )  # fmt: skip
        for _ in bar:
            if self.progress >= 1.0:
                break
            begin = time.monotonic()
            inputs, targets = next(iterator)
            self._optimizer.learning_rate = self._learning_rate()
            rows.append(self._train_on_batch(inputs, targets))
            self.step += 1
            if self.step % EMA_INTERVAL_STEPS == 0 and self._distribution.is_chief:
                self.ema.update(self.model, self.step)
            self._add_time(time.monotonic() - begin)
            recent = float(np.mean([row["loss"] for row in rows[-50:]]))
            bar.set_postfix(loss=f"{recent:.3f}", refresh=False)
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

    def _add_time(self, seconds: float) -> None:
        self.elapsed_s += seconds
        if self.settings.minutes > 0:  # learning rate and end depend on it
            self.elapsed_s = float(self._distribution.from_chief({"s": self.elapsed_s})["s"])

    def _finish_epoch(
        self, means: dict[str, float], evaluate: Callable[[], EpochScore] | None
    ) -> None:
        if self._distribution.is_chief:
            self._score_epoch(means, evaluate)
        self._distribution.wait()
        stale = self._distribution.from_chief({"stale": self.epochs_without_gain})["stale"]
        self.epochs_without_gain = int(stale)

    def _score_epoch(
        self, means: dict[str, float], evaluate: Callable[[], EpochScore] | None
    ) -> None:
        metrics = {**means, "learning_rate": self._learning_rate()}
        summary = {}
        if evaluate is not None:
            live = self.scored.get_weights()
            self.scored.set_weights(self.ema.values)
            result = evaluate()
            metrics |= {**result.metrics, "score": result.score}
            summary = {"summary": result.summary}
            self.epochs_without_gain += 1
            if result.score > self.best_score:
                self.best_score, self.epochs_without_gain = result.score, 0
                save_weights(self.run / BEST, self.ema.values)
            self.scored.set_weights(live)
        rounded = {name: round(value, 6) for name, value in metrics.items()}
        minutes = round(self.elapsed_s / 60, 2)
        entry = {"step": self.step, "minutes": minutes, **rounded, **summary}
        append_row(self.run / HISTORY, entry)
        if self._tensorboard is not None:
            self._tensorboard.write(self.step, metrics)
        tqdm.write(json.dumps(entry))
        self._save()


def changed_settings(stored: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Names of the settings that differ between two configurations, nested ones included."""
    changed = []
    for name in {**stored, **current}:
        before, now = stored.get(name), current.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            changed += changed_settings(before, now)
        elif before != now:
            changed.append(name)
    return sorted(changed)


def save_weights(path: Path, weights: list[FloatArray]) -> None:
    """Write a model's weights to an ``.npz`` file, in the order of ``get_weights``."""
    save_npz(path, **{f"w{i}": w for i, w in enumerate(weights)})


def load_weights(path: Path) -> list[FloatArray]:
    """Read weights that ``save_weights`` wrote.

    Raises:
        ValueError: the file is missing or damaged.
    """
    if not path.is_file():
        raise ValueError(f"{path} does not exist; train the run to its end first")
    stored = read_npz(path, "w0")
    return [stored[f"w{i}"] for i in range(len(stored))]

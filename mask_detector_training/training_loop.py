# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training loop: learning rate schedule, averaged weights, checkpoints, resuming."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.array_files import read_json, read_npz, save_npz
from mask_detector_training.loop_settings import LoopSettings, build_optimizer
from mask_detector_training.tensorboard_log import TensorBoardLog

CHECKPOINT, BEST, CONFIG, HISTORY = "checkpoint.npz", "best.npz", "config.json", "history.jsonl"
SOURCES = "sources"
"""Key in ``config.json`` for the description of the training data."""
TENSORBOARD = "tensorboard"
EMA_INTERVAL_STEPS = 4
LAST_RATE = 0.01
"""Last learning rate of the schedule, as a fraction of the peak."""
FIRST_RATE = 0.02
"""First learning rate of the schedule, as a fraction of the peak."""


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


class EmaWeights:
    """Exponential moving average of all weights of a model, including batch statistics.

    Iterate averaging: Polyak & Juditsky (1992), "Acceleration of Stochastic Approximation by
    Averaging".
    """

    def __init__(self, model: Any, momentum: float) -> None:
        self._momentum = momentum
        self.values: list[FloatArray] = [np.array(w) for w in model.get_weights()]

    def update(self, model: Any, step: int) -> None:
        """Move toward the model's weights; faster in the first steps, when they change most."""
        momentum = min(self._momentum, (1 + step) / (20 + step)) ** EMA_INTERVAL_STEPS
        for value, weight in zip(self.values, model.get_weights(), strict=True):
            value += (1 - momentum) * (weight - value)


class TrainingLoop:
    """Trains one model in a run folder; continues an interrupted training with ``resume``."""

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
        """
        self.run, self.model, self.settings = run, model, settings
        self._optimizer = build_optimizer(model, settings)
        model.compile(optimizer=self._optimizer, loss=loss, metrics=list(metrics))
        self._optimizer.build(model.trainable_variables)
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
        """
        file = self.run / CONFIG
        config_now = json.loads(json.dumps(self._config))
        if not file.is_file():
            write_atomically(file, json.dumps(config_now, indent=2) + "\n")
            return
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
        if (self.run / CHECKPOINT).is_file():
            self._load()
        self._trim_history()

    def _save(self) -> None:
        arrays = {f"w{i}": v for i, v in enumerate(self.model.get_weights())}
        arrays |= {f"e{i}": v for i, v in enumerate(self.ema.values)}
        arrays |= {f"o{i}": np.asarray(v.numpy()) for i, v in enumerate(self._optimizer.variables)}
        arrays |= {f"s{i}": np.asarray(v.numpy()) for i, v in enumerate(self._seeds)}
        save_npz(
            self.run / CHECKPOINT,
            step=self.step, elapsed=self.elapsed_s, best=self.best_score,
            stale=self.epochs_without_gain, **arrays,
        )  # fmt: skip

    def _load(self) -> None:
        count, states = len(self.ema.values), len(self._optimizer.variables)
        names = [f"{kind}{i}" for kind in "we" for i in range(count)]
        names += [f"o{i}" for i in range(states)] + [f"s{i}" for i in range(len(self._seeds))]
        stored = read_npz(self.run / CHECKPOINT, "step", "elapsed", "best", "stale", *names)
        self.model.set_weights([stored[f"w{i}"] for i in range(count)])
        self.ema.values = [stored[f"e{i}"] for i in range(count)]
        for i, variable in enumerate(self._optimizer.variables):
            variable.assign(stored[f"o{i}"])
        for i, variable in enumerate(self._seeds):
            variable.assign(stored[f"s{i}"])
        self.step, self.elapsed_s = int(stored["step"]), float(stored["elapsed"])
        self.best_score = float(stored["best"])
        self.epochs_without_gain = int(stored["stale"])

    def _trim_history(self) -> None:
        """Remove the epochs after the checkpoint, which are trained again."""
        history = self.run / HISTORY
        if not history.is_file():
            return
        lines = history.read_text(encoding="utf-8").splitlines(keepends=True)
        # A line that was written only in part has no newline.
        done = [
            line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= self.step
        ]
        if done != lines:
            write_atomically(history, "".join(done))

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
        """Linear warmup, then a cosine decay.

        Loshchilov & Hutter (2017), "SGDR: Stochastic Gradient Descent with Warm Restarts",
        without restarts.
        """
        peak, warmup, done = (
            self.settings.learning_rate,
            self.settings.warmup_fraction,
            self.progress,
        )
        if done < warmup:
            return peak * (FIRST_RATE + (1 - FIRST_RATE) * done / warmup)
        fraction = (done - warmup) / (1 - warmup)
        cosine = 1 + float(np.cos(np.pi * fraction))
        return peak * (LAST_RATE + (1 - LAST_RATE) * 0.5 * cosine)

    def train(self, batches: Any, evaluate: Callable[[], EpochScore] | None) -> None:
        """Train until all steps are done or the patience is exhausted.

        Args:
            batches: iterator of (inputs, targets), starting at step ``self.step``.
            evaluate: scores the model; called after each epoch with the averaged weights in it.
                The weights of the best score are written to ``best.npz``.
        """
        iterator = iter(batches)
        while not self.finished:
            rows: list[dict[str, float]] = []
            bar = tqdm(
                range(self.settings.steps_per_epoch), unit="step", mininterval=5.0,
                desc=f"{100 * self.progress:5.1f} %",
            )  # fmt: skip
            for _ in bar:
                if self.progress >= 1.0:
                    break
                begin = time.monotonic()
                inputs, targets = next(iterator)
                self._optimizer.learning_rate = self._learning_rate()
                rows.append(self.model.train_on_batch(inputs, targets, return_dict=True))
                self.step += 1
                if self.step % EMA_INTERVAL_STEPS == 0:
                    self.ema.update(self.model, self.step)
                self.elapsed_s += time.monotonic() - begin
                recent = float(np.mean([row["loss"] for row in rows[-50:]]))
                bar.set_postfix(loss=f"{recent:.3f}", refresh=False)
            means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
            self._finish_epoch(means, evaluate)

    def _finish_epoch(
        self, means: dict[str, float], evaluate: Callable[[], EpochScore] | None
    ) -> None:
        metrics = {**means, "learning_rate": self._learning_rate()}
        summary = {}
        if evaluate is not None:
            live = self.model.get_weights()
            self.model.set_weights(self.ema.values)
            result = evaluate()
            metrics |= {**result.metrics, "score": result.score}
            summary = {"summary": result.summary}
            self.epochs_without_gain += 1
            if result.score > self.best_score:
                self.best_score, self.epochs_without_gain = result.score, 0
                save_weights(self.run / BEST, self.ema.values)
            self.model.set_weights(live)
        rounded = {name: round(value, 6) for name, value in metrics.items()}
        minutes = round(self.elapsed_s / 60, 2)
        entry = {"step": self.step, "minutes": minutes, **rounded, **summary}
        with (self.run / HISTORY).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
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

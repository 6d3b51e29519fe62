# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loop around both trainings: schedule, averaged weights, checkpoints, resuming."""

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

from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.types import FloatArray
from mask_detector_training.array_files import read_json, read_npz, save_npz
from mask_detector_training.event_log import EventLog
from mask_detector_training.loop_settings import LoopSettings, build_optimizer

CHECKPOINT, BEST, CONFIG, HISTORY = "checkpoint.npz", "best.npz", "config.json", "history.jsonl"
SOURCES = "sources"
"""In a run's configuration: what it learns from."""
TENSORBOARD = "tensorboard"
EMA_EVERY = 4


class Scored(NamedTuple):
    """What an epoch reached on val: the larger, the better; in words; further figures."""

    score: float
    words: str
    figures: Mapping[str, float] = MappingProxyType({})


class Average:
    """Exponential moving average of all weights, batch statistics among them."""

    def __init__(self, model: Any, keep: float) -> None:
        self._keep = keep
        self.values: list[FloatArray] = [np.array(w) for w in model.get_weights()]

    def update(self, model: Any, step: int) -> None:
        """Move toward the model's weights; faster at first, when they are still poor."""
        keep = min(self._keep, (1 + step) / (20 + step)) ** EMA_EVERY
        for value, weight in zip(self.values, model.get_weights(), strict=True):
            value += (1 - keep) * (weight - value)


class Loop:
    """Trains one model in a run folder; the same call with ``resume`` goes on after a kill."""

    def __init__(
        self,
        run: Path,
        model: Any,
        loss: Callable[[Any, Any], Any],
        settings: LoopSettings,
        describe: dict[str, Any],
        *,
        metrics: Sequence[Any] = (),
        tensorboard: bool = False,
    ) -> None:
        """Compile the model.

        Args:
            run: the run folder.
            model: what to train; layers that are not trainable stay as they are.
            loss: of targets and answers.
            settings: how long and how fast.
            describe: kept in the run's configuration.
            metrics: of Keras, kept in the history beside the loss.
            tensorboard: also write the history for TensorBoard.
        """
        self.run, self.model, self.settings = run, model, settings
        self._optimizer = build_optimizer(model, settings)
        model.compile(optimizer=self._optimizer, loss=loss, metrics=list(metrics))
        self._optimizer.build(model.trainable_variables)
        # Where the random numbers of the dropout layers stand.
        self._seeds = [v for v in model.variables if v.path.endswith("seed_generator_state")]
        self._describe = {**describe, "loop": asdict(settings)}
        self._events = EventLog(run / TENSORBOARD) if tensorboard else None
        self.step, self.elapsed, self.best, self.stale = 0, 0.0, float("-inf"), 0
        self.average = Average(model, settings.ema)

    def start(self, resume: bool) -> None:
        """Begin anew or go on from the checkpoint.

        Raises:
            ValueError: the folder holds a run and ``resume`` is not given, or it was made
                with other settings.
        """
        config = self.run / CONFIG
        described = json.loads(json.dumps(self._describe))
        if not config.is_file():
            write_whole(config, json.dumps(described, indent=2) + "\n")
            return
        if not resume:
            raise ValueError(
                f"{self.run} already holds a run; give --resume to go on with it, or another --out"
            )
        other = changed_settings(read_json(config), described)
        if other:
            raise ValueError(
                f"{self.run} was started with other settings ({', '.join(other)}); "
                "repeat its command exactly, with --resume"
            )
        if (self.run / CHECKPOINT).is_file():
            self._load()
        self._trim_history()

    def _save(self) -> None:
        arrays = {f"w{i}": v for i, v in enumerate(self.model.get_weights())}
        arrays |= {f"e{i}": v for i, v in enumerate(self.average.values)}
        arrays |= {f"o{i}": np.asarray(v.numpy()) for i, v in enumerate(self._optimizer.variables)}
        arrays |= {f"s{i}": np.asarray(v.numpy()) for i, v in enumerate(self._seeds)}
        save_npz(
            self.run / CHECKPOINT,
            step=self.step, elapsed=self.elapsed, best=self.best, stale=self.stale, **arrays,
        )  # fmt: skip

    def _load(self) -> None:
        count, states = len(self.average.values), len(self._optimizer.variables)
        names = [f"{kind}{i}" for kind in "we" for i in range(count)]
        names += [f"o{i}" for i in range(states)]
        stored = read_npz(self.run / CHECKPOINT, "step", "elapsed", "best", *names)
        self.model.set_weights([stored[f"w{i}"] for i in range(count)])
        self.average.values = [stored[f"e{i}"] for i in range(count)]
        for i, variable in enumerate(self._optimizer.variables):
            variable.assign(stored[f"o{i}"])
        self.step, self.elapsed = int(stored["step"]), float(stored["elapsed"])
        self.best = float(stored["best"])
        # Checkpoints of earlier versions have neither.
        self.stale = int(stored.get("stale", 0))
        for i, variable in enumerate(self._seeds):
            variable.assign(stored.get(f"s{i}", variable))

    def _trim_history(self) -> None:
        """Leave out what follows the checkpoint: those epochs are trained again."""
        history = self.run / HISTORY
        if not history.is_file():
            return
        lines = history.read_text(encoding="utf-8").splitlines(keepends=True)
        # A line that was not written to its end lacks the newline.
        done = [
            line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= self.step
        ]
        if done != lines:
            write_whole(history, "".join(done))

    @property
    def finished(self) -> bool:
        """Nothing is left to do, or nothing has been gained for too long."""
        patience = self.settings.patience
        return self.progress >= 1.0 or 0 < patience <= self.stale

    @property
    def progress(self) -> float:
        """Part of the training that is done, in [0, 1]."""
        done = self.step / self.settings.steps
        if self.settings.minutes > 0:
            done = max(done, self.elapsed / (60 * self.settings.minutes))
        return min(done, 1.0)

    def _rate(self) -> float:
        warmup, done = self.settings.warmup, self.progress
        if done < warmup:
            return self.settings.rate * (0.02 + 0.98 * done / warmup)
        part = (done - warmup) / (1 - warmup)
        return self.settings.rate * (0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * part))))

    def train(
        self, batches: Any, evaluate: Callable[[], Scored | tuple[float, str]] | None
    ) -> None:
        """Train to the end.

        Args:
            batches: iterator of (inputs, targets), beginning at step ``self.step``.
            evaluate: scores the averaged weights, called with them in the model; the best
                are kept in ``best.npz``.
        """
        iterator = iter(batches)
        while not self.finished:
            rows: list[dict[str, float]] = []
            bar = tqdm(
                range(self.settings.epoch_steps), unit="step", mininterval=5.0,
                desc=f"{100 * self.progress:5.1f} %",
            )  # fmt: skip
            for _ in bar:
                if self.progress >= 1.0:
                    break
                begin = time.monotonic()
                inputs, targets = next(iterator)
                self._optimizer.learning_rate = self._rate()
                rows.append(self.model.train_on_batch(inputs, targets, return_dict=True))
                self.step += 1
                if self.step % EMA_EVERY == 0:
                    self.average.update(self.model, self.step)
                self.elapsed += time.monotonic() - begin
                recent = float(np.mean([row["loss"] for row in rows[-50:]]))
                bar.set_postfix(loss=f"{recent:.3f}", refresh=False)
            means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
            self._finish_epoch(means, evaluate)

    def _finish_epoch(
        self,
        means: dict[str, float],
        evaluate: Callable[[], Scored | tuple[float, str]] | None,
    ) -> None:
        figures = {**means, "rate": self._rate()}
        words = {}
        if evaluate is not None:
            live = self.model.get_weights()
            self.model.set_weights(self.average.values)
            scored = Scored(*evaluate())
            figures |= {**scored.figures, "score": scored.score}
            words = {"words": scored.words}
            self.stale += 1
            if scored.score > self.best:
                self.best, self.stale = scored.score, 0
                save_weights(self.run / BEST, self.average.values)
            self.model.set_weights(live)
        rounded = {name: round(value, 6) for name, value in figures.items()}
        entry = {"step": self.step, "minutes": round(self.elapsed / 60, 2), **rounded, **words}
        with (self.run / HISTORY).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        if self._events is not None:
            self._events.write(self.step, figures)
        tqdm.write(json.dumps(entry))
        self._save()


def changed_settings(stored: Mapping[str, Any], described: Mapping[str, Any]) -> list[str]:
    """Settings in which what is described differs from a run's stored configuration.

    What that does not say is passed over: earlier versions did not keep everything.
    """
    other = []
    for name, value in stored.items():
        now = described.get(name)
        if isinstance(value, dict) and isinstance(now, dict):
            other += changed_settings(value, now)
        elif value != now:
            other.append(name)
    return sorted(other)


def save_weights(path: Path, weights: list[FloatArray]) -> None:
    """Keep a model's weights, in the order of ``get_weights``."""
    save_npz(path, **{f"w{i}": w for i, w in enumerate(weights)})


def load_weights(path: Path) -> list[FloatArray]:
    """Weights as ``save_weights`` kept them.

    Raises:
        ValueError: there is no such file, or it is damaged.
    """
    if not path.is_file():
        raise ValueError(f"{path} does not exist; train the run to its end first")
    stored = read_npz(path, "w0")
    return [stored[f"w{i}"] for i in range(len(stored))]

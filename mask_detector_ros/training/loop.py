# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loop around both trainings: schedule, averaged weights, checkpoints, resuming."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mask_detector_ros.files import write_whole
from mask_detector_ros.perception.types import FloatArray
from mask_detector_ros.training.files import save_npz

CHECKPOINT, BEST, CONFIG, HISTORY = "checkpoint.npz", "best.npz", "config.json", "history.jsonl"
EMA_EVERY = 4


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train.

    Attributes:
        steps: weight updates in all.
        minutes: stop after this much training time even if steps are left; the learning
            rate then follows the time. 0 for no limit.
        epoch_steps: updates between two checkpoints.
        batch: samples per update.
        rate: peak learning rate.
        decay: AdamW's weight decay.
        warmup: part of the training over which the rate rises.
        ema: how much of the averaged weights stays at each update.
        seed: of the samples and the first weights.
    """

    steps: int
    minutes: float
    epoch_steps: int
    batch: int
    rate: float
    decay: float = 0.01
    warmup: float = 0.03
    ema: float = 0.998
    seed: int = 1


class Average:
    """Exponential moving average of all weights, batch statistics among them."""

    def __init__(self, model: Any, keep: float) -> None:
        self._keep = keep
        self.values: list[FloatArray] = [np.array(w) for w in model.get_weights()]

    def update(self, model: Any, step: int) -> None:
        """Move towards the model's weights; faster at first, when they are still poor."""
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
    ) -> None:
        """Compile the model with AdamW; ``describe`` is kept in the run's configuration."""
        import keras

        self.run, self.model, self.settings = run, model, settings
        self._optimizer = keras.optimizers.AdamW(
            settings.rate, weight_decay=settings.decay, global_clipnorm=10.0
        )
        # One-dimensional weights are scales and shifts; pulling them to zero only hurts.
        flat = [v for v in model.trainable_variables if len(v.shape) == 1]
        self._optimizer.exclude_from_weight_decay(var_list=flat)
        model.compile(optimizer=self._optimizer, loss=loss)
        self._optimizer.build(model.trainable_variables)
        self._describe = {**describe, "loop": asdict(settings)}
        self.step, self.elapsed, self.best = 0, 0.0, float("-inf")
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
        stored = json.loads(config.read_text())
        if stored != described:
            other = sorted(
                key for key in {**stored, **described} if stored.get(key) != described.get(key)
            )
            raise ValueError(
                f"{self.run} was started with other settings ({', '.join(other)}); "
                "repeat its command exactly, with --resume"
            )
        if (self.run / CHECKPOINT).is_file():
            self._load()

    def _save(self) -> None:
        arrays = {f"w{i}": v for i, v in enumerate(self.model.get_weights())}
        arrays |= {f"e{i}": v for i, v in enumerate(self.average.values)}
        arrays |= {f"o{i}": np.asarray(v.numpy()) for i, v in enumerate(self._optimizer.variables)}
        save_npz(
            self.run / CHECKPOINT,
            step=self.step, elapsed=self.elapsed, best=self.best, **arrays,
        )  # fmt: skip

    def _load(self) -> None:
        with np.load(self.run / CHECKPOINT) as stored:
            count = len(self.average.values)
            self.model.set_weights([stored[f"w{i}"] for i in range(count)])
            self.average.values = [stored[f"e{i}"] for i in range(count)]
            for i, variable in enumerate(self._optimizer.variables):
                variable.assign(stored[f"o{i}"])
            self.step, self.elapsed = int(stored["step"]), float(stored["elapsed"])
            self.best = float(stored["best"])

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

    def train(self, batches: Any, evaluate: Callable[[], tuple[float, str]] | None) -> None:
        """Train to the end.

        Args:
            batches: iterator of (inputs, targets), beginning at step ``self.step``.
            evaluate: scores the averaged weights (larger is better, and in words), called
                with them in the model; the best are kept in ``best.npz``.
        """
        iterator = iter(batches)
        while self.progress < 1.0:
            losses = []
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
                losses.append(float(self.model.train_on_batch(inputs, targets)))
                self.step += 1
                if self.step % EMA_EVERY == 0:
                    self.average.update(self.model, self.step)
                self.elapsed += time.monotonic() - begin
                bar.set_postfix(loss=f"{np.mean(losses[-50:]):.3f}", refresh=False)
            self._finish_epoch(float(np.mean(losses)), evaluate)

    def _finish_epoch(self, loss: float, evaluate: Callable[[], tuple[float, str]] | None) -> None:
        entry: dict[str, Any] = {
            "step": self.step, "minutes": round(self.elapsed / 60, 2), "loss": round(loss, 4)
        }  # fmt: skip
        if evaluate is not None:
            live = self.model.get_weights()
            self.model.set_weights(self.average.values)
            score, words = evaluate()
            entry |= {"score": round(score, 5), "words": words}
            if score > self.best:
                self.best = score
                save_weights(self.run / BEST, self.average.values)
            self.model.set_weights(live)
        with (self.run / HISTORY).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        tqdm.write(json.dumps(entry))
        self._save()


def save_weights(path: Path, weights: list[FloatArray]) -> None:
    """Keep a model's weights, in the order of ``get_weights``."""
    save_npz(path, **{f"w{i}": w for i, w in enumerate(weights)})


def load_weights(path: Path) -> list[FloatArray]:
    """Weights as ``save_weights`` kept them.

    Raises:
        ValueError: there is no such file.
    """
    if not path.is_file():
        raise ValueError(f"{path} does not exist; train the run to its end first")
    with np.load(path) as stored:
        return [stored[f"w{i}"] for i in range(len(stored.files))]

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training loop on a tiny network: interruption, resuming, schedule, history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.data.sample_stream import stream_batches
from mask_detector_training.loop_settings import OPTIMIZERS, LoopSettings
from mask_detector_training.training_loop import (
    BEST,
    CHECKPOINT,
    CONFIG,
    HISTORY,
    TENSORBOARD,
    EpochScore,
    TrainingLoop,
    load_weights,
)
from support.optional import optional

keras = optional("keras")

SETTINGS = LoopSettings(
    epochs=3, minutes=0, steps_per_epoch=2, batch_size=4, learning_rate=0.05, seed=5
)


def make(
    run: Path, settings: LoopSettings = SETTINGS, tensorboard: bool = False, **config: Any
) -> TrainingLoop:
    keras.utils.set_random_seed(5)
    layers = [
        keras.layers.Input((3,)),
        keras.layers.Dense(4),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(1),
    ]
    loss = keras.losses.MeanSquaredError()
    model = keras.Sequential(layers)
    return TrainingLoop(run, model, loss, settings, config, tensorboard=tensorboard)


def sample_batches(step: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    while True:
        inputs = np.random.default_rng(step).normal(size=(4, 3)).astype(np.float32)
        yield inputs, inputs.sum(1, keepdims=True)
        step += 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_interrupted_training_continues_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    settings = replace(SETTINGS, optimizer=optimizer)
    whole = make(tmp_path / "whole", settings)
    whole.start(resume=False)
    whole.train(sample_batches(0), None)

    finish = TrainingLoop._finish_epoch

    def finish_and_die(self: TrainingLoop, *arguments: Any) -> None:
        finish(self, *arguments)
        raise KeyboardInterrupt

    killed = make(tmp_path / "killed", settings)
    killed.start(resume=False)
    monkeypatch.setattr(TrainingLoop, "_finish_epoch", finish_and_die)
    with pytest.raises(KeyboardInterrupt):
        killed.train(sample_batches(0), None)
    monkeypatch.undo()
    resumed = make(tmp_path / "killed", settings)
    resumed.start(resume=True)
    assert resumed.step == 2
    resumed.train(sample_batches(resumed.step), None)

    assert len((tmp_path / "killed" / HISTORY).read_text().splitlines()) == 3
    paths = [tmp_path / name / CHECKPOINT for name in ("whole", "killed")]
    with np.load(paths[0]) as expected, np.load(paths[1]) as found:
        assert int(found["step"]) == 6
        for key in expected.files:
            if key != "elapsed":
                np.testing.assert_allclose(found[key], expected[key], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kept", [1, 0])
def test_an_epoch_that_is_trained_again_is_in_the_history_once(tmp_path: Path, kept: int) -> None:
    """Killed between the line of the history and the checkpoint, or within the line."""
    history = tmp_path / HISTORY
    loop = make(tmp_path)
    loop.start(resume=False)
    if kept:
        loop.train(sample_batches(0), None)
        loop.step = 4
        loop._save()
    else:
        history.write_text('{"step": 2}\n')
    with history.open("a") as file:
        file.write('{"step": 8, "minu')
    again = make(tmp_path)
    again.start(resume=True)
    steps = [json.loads(line)["step"] for line in history.read_text().splitlines()]
    assert steps == ([2, 4] if kept else [])
    again.train(sample_batches(again.step), None)
    steps = [json.loads(line)["step"] for line in history.read_text().splitlines()]
    assert steps == [2, 4, 6]


def test_a_damaged_run_is_named(tmp_path: Path) -> None:
    loop = make(tmp_path)
    loop.start(resume=False)
    loop.train(sample_batches(0), lambda: EpochScore(0.5, "summary"))
    for name in (BEST, CHECKPOINT):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"best\.npz is damaged"):
        load_weights(tmp_path / BEST)
    with pytest.raises(ValueError, match=r"checkpoint\.npz is damaged"):
        make(tmp_path).start(resume=True)
    (tmp_path / CONFIG).write_text("{")
    with pytest.raises(ValueError, match=r"config\.json is damaged"):
        make(tmp_path).start(resume=True)


def test_a_folder_with_a_run_is_not_overwritten_by_mistake(tmp_path: Path) -> None:
    make(tmp_path, side=64).start(resume=False)
    with pytest.raises(ValueError, match="give --resume"):
        make(tmp_path, side=64).start(resume=False)
    with pytest.raises(ValueError, match=r"other settings \(side\)"):
        make(tmp_path, side=96).start(resume=True)
    with pytest.raises(ValueError, match=r"other settings \(learning_rate\)"):
        make(tmp_path, replace(SETTINGS, learning_rate=0.1), side=64).start(resume=True)
    make(tmp_path, side=64).start(resume=True)


def test_a_new_run_in_spite_of_resume_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with a mistyped --out: the training would start again without a word."""
    make(tmp_path).start(resume=True)
    assert f"{tmp_path} holds no run yet" in capsys.readouterr().out
    make(tmp_path).start(resume=True)
    assert capsys.readouterr().out == ""


def test_a_setting_that_the_run_lacks_is_named(tmp_path: Path) -> None:
    make(tmp_path, side=64).start(resume=False)
    config = json.loads((tmp_path / CONFIG).read_text())
    del config["loop"]["patience"]
    (tmp_path / CONFIG).write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"other settings \(head, patience\)"):
        make(tmp_path, side=64, head="8").start(resume=True)


def test_the_best_weights_are_kept(tmp_path: Path) -> None:
    loop = make(tmp_path)
    loop.start(resume=False)
    scores = iter([0.5, 0.9, 0.7])
    kept: list[list[np.ndarray]] = []

    def evaluate() -> EpochScore:
        kept.append(loop.model.get_weights())
        return EpochScore(next(scores), "summary")

    loop.train(sample_batches(0), evaluate)
    for found, expected in zip(load_weights(tmp_path / BEST), kept[1], strict=True):
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="train the run to its end"):
        load_weights(tmp_path / "other.npz")


def test_a_training_without_improvement_ends_early(tmp_path: Path) -> None:
    loop = make(tmp_path, replace(SETTINGS, epochs=10, patience=2))
    loop.start(resume=False)
    scores = iter([0.5, 0.7, 0.7, 0.6, 0.9])
    loop.train(sample_batches(0), lambda: EpochScore(next(scores), "summary"))
    assert loop.step == 8
    again = make(tmp_path, replace(SETTINGS, epochs=10, patience=2))
    again.start(resume=True)
    assert again.finished


def test_history_and_tensorboard_have_the_same_metrics(tmp_path: Path) -> None:
    loop = make(tmp_path, tensorboard=True)
    loop.start(resume=False)
    loop.train(sample_batches(0), lambda: EpochScore(0.5, "summary", {"val_loss": 2.0}))
    rows = [json.loads(line) for line in (tmp_path / HISTORY).read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4, 6]
    assert rows[0]["val_loss"] == 2.0
    assert rows[0]["summary"] == "summary"
    assert {"loss", "learning_rate", "score"} <= set(rows[0])

    tensorflow = optional("tensorflow")
    (file,) = (tmp_path / TENSORBOARD).iterdir()
    events = list(tensorflow.compat.v1.train.summary_iterator(str(file)))
    assert [event.step for event in events] == [0, 2, 4, 6]
    values = {value.tag: value.simple_value for value in events[1].summary.value}
    assert values["loss"] == pytest.approx(rows[0]["loss"], abs=1e-5)
    assert set(values) == {"loss", "learning_rate", "score", "val_loss"}


def test_the_learning_rate_rises_then_falls(tmp_path: Path) -> None:
    loop = make(tmp_path)
    rates = []
    for loop.step in range(7):
        rates.append(loop._learning_rate())
    assert rates[0] == pytest.approx(0.02 * SETTINGS.learning_rate)
    assert max(rates) == pytest.approx(SETTINGS.learning_rate, rel=0.1)
    assert rates[-1] == pytest.approx(0.01 * SETTINGS.learning_rate)
    assert rates[1:] == sorted(rates[1:], reverse=True)


def test_batches_begin_at_any_step() -> None:
    def sample(number: int) -> tuple[np.ndarray, np.ndarray]:
        return np.full((2, 2, 3), number % 256, np.uint8), np.array([number], np.float32)

    late = stream_batches(sample, 3, 4, (2, 2, 3), (1,))
    images, numbers = next(late)
    assert np.asarray(numbers).ravel().tolist() == [12, 13, 14, 15]
    assert np.asarray(images).dtype == np.float32
    assert np.asarray(images)[1, 0, 0, 0] == 13


def test_an_error_in_a_sample_is_raised_to_the_consumer() -> None:
    def sample(number: int) -> tuple[np.ndarray, np.ndarray]:
        if number == 6:
            raise ValueError("a.jpg cannot be read as an image")
        return np.zeros((2, 2, 3), np.uint8), np.array([number], np.float32)

    batches = stream_batches(sample, 0, 4, (2, 2, 3), (1,))
    with pytest.raises(ValueError, match=r"^a\.jpg cannot be read as an image$"):
        for _ in range(3):
            next(batches)


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")

    def refuse(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]

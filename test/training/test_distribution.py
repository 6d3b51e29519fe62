# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings on two devices and by two processes give the weights of one device."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from mask_detector_training.data.sample_stream import stream_batches
from mask_detector_training.distribution import Distribution
from mask_detector_training.evaluation.calibration import CALIBRATION
from mask_detector_training.training_loop import BEST, CHECKPOINT, HISTORY
from support.distributed_training import MODELS, train_both
from support.drawn_data import write_data
from support.optional import optional

optional("tensorflow")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # minutes on a busy machine

PROGRAM = Path(__file__).parents[1] / "support" / "distributed_training.py"
ROOT = Path(__file__).parents[2]
TIMEOUT_S = 1500.0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), scenes=4)


@pytest.fixture(scope="module")
def alone(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of one process on one device."""
    folder = tmp_path_factory.mktemp("alone")
    train_both(data, folder, Distribution())
    return folder


def start(
    name: str, data: Path, out: Path, *options: str, tf_config: str = ""
) -> subprocess.Popen[str]:
    """Start a process that trains both models."""
    environment = {
        **os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "test")]),
    }  # fmt: skip
    environment.pop("TF_CONFIG", None)
    if tf_config:
        environment["TF_CONFIG"] = tf_config
    command = [sys.executable, str(PROGRAM), name, str(data), str(out), *options]
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def start_two_workers(
    data: Path, outs: list[Path], options: list[list[str]]
) -> Iterator[subprocess.Popen[str]]:
    """Start two workers on free ports of this machine."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in outs]
        for one in sockets:
            one.bind(("", 0))
        workers = [f"localhost:{one.getsockname()[1]}" for one in sockets]
    for index, (out, extra) in enumerate(zip(outs, options, strict=True)):
        task = {"type": "worker", "index": index}
        text = json.dumps({"cluster": {"worker": workers}, "task": task})
        yield start("multiworker", data, out, *extra, tf_config=text)


def finish(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of processes that run together."""
    try:
        found = []
        for process in processes:
            out, err = process.communicate(timeout=TIMEOUT_S)
            found.append((process.returncode, out, err))
        return found
    finally:
        for process in processes:
            process.kill()


def check_same_weights(run: Path, expected: Path) -> None:
    """The weights moved as in another run: the differences are rounding errors."""
    with np.load(run / CHECKPOINT) as found, np.load(expected / CHECKPOINT) as other:
        assert sorted(found.files) == sorted(other.files)
        assert int(found["step"]) == int(other["step"]) == 4
        for kind in "we":
            names = [name for name in found.files if name[0] == kind and name[1:].isdecimal()]
            pairs = [(found[name].ravel(), other[name].ravel()) for name in names]
            mine, others = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
            assert np.abs(mine - others).max() < 1e-6  # of a step of 2e-3 per update
    rows = [
        [json.loads(line) for line in (folder / HISTORY).read_text().splitlines()]
        for folder in (run, expected)
    ]
    assert [row["step"] for row in rows[0]] == [2, 4]
    for mine_row, other_row in zip(*rows, strict=True):
        assert mine_row["loss"] == pytest.approx(other_row["loss"], abs=1e-5)
    assert (run / BEST).is_file()
    assert (run / CALIBRATION).is_file()


def test_the_parts_of_all_processes_are_the_batch_of_one() -> None:
    def sample(number: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((2, 2, 3), np.uint8), np.array([number], np.float32)

    def numbers(shard: tuple[int, int]) -> list[list[int]]:
        batches = stream_batches(sample, 3, 6, (2, 2, 3), (1,), shard=shard)
        return [np.asarray(next(batches)[1]).ravel().astype(int).tolist() for _ in range(2)]

    assert numbers((0, 1)) == [list(range(18, 24)), list(range(24, 30))]
    assert numbers((0, 3)) == [[18, 19], [24, 25]]
    assert numbers((2, 3)) == [[22, 23], [28, 29]]


def test_a_batch_that_cannot_be_split_is_refused() -> None:
    distribution = Distribution()
    distribution.check_batch_size(7)
    distribution.replicas, distribution.workers = 4, 2
    distribution.check_batch_size(8)
    with pytest.raises(ValueError, match=r"batch_size is 6; expected a multiple of 4, .*2 workers"):
        distribution.check_batch_size(6)


def test_two_devices_train_like_one(data: Path, alone: Path, tmp_path: Path) -> None:
    ((code, out, err),) = finish([start("mirrored", data, tmp_path)])
    assert code == 0, err
    assert "replicas: 2" in out
    for model in MODELS:
        check_same_weights(tmp_path / model, alone / model)


def test_two_workers_train_like_one_also_after_one_of_them_died(
    data: Path, alone: Path, tmp_path: Path
) -> None:
    outs = [tmp_path / "chief", tmp_path / "other"]
    processes = list(start_two_workers(data, outs, [[], ["end"]]))
    # The second worker needs no folder in common with the chief: its own run folder is watched.
    (code, out, err), (died, _, _) = finish(processes)
    assert died == 9
    assert code == 1, err
    assert "replicas: 2" in out
    assert "ConnectionError: another worker has ended or cannot be reached" in err
    assert "--resume" in err
    check_same_weights(outs[0] / "detector", alone / "detector")
    with np.load(outs[0] / "classifier" / CHECKPOINT) as checkpoint:
        assert int(checkpoint["step"]) == 2

    results = finish(list(start_two_workers(data, outs, [["resume"], ["resume"]])))
    assert [code for code, _, _ in results] == [0, 0], results
    for model in MODELS:
        check_same_weights(outs[0] / model, alone / model)
        for name in (CHECKPOINT, BEST, HISTORY, CALIBRATION):
            assert not (outs[1] / model / name).exists()

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Command line of the training tool: lazy imports, help, error messages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mask_detector_ros.cli import main
from support.optional import optional


def test_the_commands_are_added_without_heavy_imports() -> None:
    code = (
        "import argparse, importlib, sys\n"
        "from mask_detector_ros.cli import COMMANDS, TRAINING_PACKAGE\n"
        "parsers = argparse.ArgumentParser().add_subparsers()\n"
        "modules = [m for m in COMMANDS.values() if m.startswith(TRAINING_PACKAGE)]\n"
        "for module in modules:\n"
        "    importlib.import_module(module).add_subcommand(parsers)\n"
        "heavy = {'tensorflow', 'keras', 'onnx', 'matplotlib', 'cv2', 'scipy', 'sklearn'}\n"
        "assert len(modules) == 6 and not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("command", [["train", "detector"], ["train", "classifier"]])
def test_help_lists_every_option(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    out = capsys.readouterr().out
    for option in (
        "--data",
        "--out",
        "--epochs",
        "--minutes",
        "--batch-size",
        "--seed",
        "--resume",
    ):
        assert option in out


def test_usage_errors_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MASK_DETECTOR_DATA", raising=False)
    out = ["--out", str(tmp_path / "run")]
    assert main(["train", "detector", *out]) == 2
    assert "give --data DIR or set MASK_DETECTOR_DATA" in capsys.readouterr().err
    assert main(["train", "detector", *out, "--data", str(tmp_path), "--batch-size", "0"]) == 2
    assert "batch_size is 0; expected at least 1" in capsys.readouterr().err
    assert main(["train", "detector", *out, "--data", str(tmp_path), "--synthetic-masks", "7"]) == 2
    assert "synthetic_masks is 7.0; expected 0 to 1" in capsys.readouterr().err
    for workers in ("0", "-1", "two"):
        assert main(["train", "classifier", *out, "--workers", workers]) == 2
        assert "--workers: expected a whole number of at least 1" in capsys.readouterr().err
    assert main(["train", "classifier", *out, "--data", str(tmp_path), "--loss", "l1"]) == 2
    assert "expected ce, mse, hinge, focal or a sum" in capsys.readouterr().err
    assert main(["evaluate", "classifier", "--data", str(tmp_path), "--models", str(tmp_path)]) == 2
    assert "has no val split; expected faces/ or crops/ in it" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["train", "detector", "--out", "run"],
        ["train", "classifier", "--out", "run"],
        ["compare", "plan.yaml", "--out", "out"],
        ["export", "run"],
        ["data", "split", ".", "--out", "out"],
        ["data", "check"],
        ["evaluate", "time"],
        ["evaluate", "classifier"],
        ["evaluate", "report", "--out", "out"],
    ],
)
def test_missing_packages_are_named_with_the_command_that_installs_them(
    command: list[str], tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "extra = ('keras', 'markdown', 'matplotlib', 'onnx', 'scipy', 'sklearn', 'tensorflow')\n"
        "sys.modules.update(dict.fromkeys(extra))\n"  # None: importing it fails
        "from mask_detector_ros.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *command],
        env={**os.environ, "MASK_DETECTOR_DATA": str(tmp_path)},
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "not installed; pip install 'mask-detector-ros[train]'" in run.stderr


@pytest.mark.parametrize(
    ("model", "option"),
    [
        ("detector", "--teacher"),
        ("detector", "--second-teacher"),
        ("classifier", "--teacher"),
        ("classifier", "--face-mesh"),
    ],
)
def test_missing_files_are_named_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str, option: str
) -> None:
    run, file = tmp_path / "run", tmp_path / "missing.onnx"
    options = ["--out", str(run), "--data", str(tmp_path), option, str(file)]
    assert main(["train", model, *options]) == 2
    assert f"{option} {file} does not exist; expected" in capsys.readouterr().err
    assert not run.exists()


def test_a_wrong_face_mesh_is_named_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    optional("tensorflow")
    optional("ai_edge_litert")
    run, file = tmp_path / "run", tmp_path / "mesh.tflite"
    file.write_bytes(b"not a network" * 20)
    options = ["--out", str(run), "--data", str(tmp_path), "--face-mesh", str(file)]
    assert main(["train", "classifier", *options]) == 2
    assert f"{file} is damaged or not a .tflite file" in capsys.readouterr().err
    assert not run.exists()

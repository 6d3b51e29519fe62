# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command ``mask_detector``: dispatch, help, errors, missing packages."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mask_detector_ros import __version__, cli
from mask_detector_ros.apps import detect
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.settings import flatten, unflatten


def test_help_lists_the_commands(capsys: Any) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    for word in (*cli.COMMANDS, "examples"):
        assert word in text
    assert cli.main([]) == 2


def test_version(capsys: Any) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"mask_detector {__version__}\n"


@pytest.mark.parametrize("arguments", [["frobnicate"], ["detect"], ["detect", "--nonsense", "x"]])
def test_wrong_usage(arguments: list[str], capsys: Any) -> None:
    assert cli.main(arguments) == 2
    assert "usage:" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from mask_detector_ros.cli import main\n"
        "main(['detect', '--help'])\n"
        "heavy = {'tensorflow', 'keras', 'rclpy', 'onnxruntime'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_module_runs_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mask_detector_ros", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["mask_detector", __version__])


def test_a_missing_module_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(cli, "COMMANDS", {"demo": "mask_detector_ros.apps.nowhere"})
    assert cli.main(["demo", "--duration", "3"]) == 1
    assert "No module named 'mask_detector_ros.apps.nowhere'" in capsys.readouterr().err


def test_every_module_adds_the_command_of_its_name() -> None:
    for name, module in cli.COMMANDS.items():
        subparsers = argparse.ArgumentParser().add_subparsers()
        importlib.import_module(module).add_subcommand(subparsers)
        assert list(subparsers.choices) == [name]


BLOCK_AND_RUN = """
import sys

class Without:
    finders = list(sys.meta_path)

    def find_spec(self, name, *args):
        if name.partition(".")[0] == {package!r}:
            return None
        specs = (finder.find_spec(name, *args) for finder in self.finders)
        return next((spec for spec in specs if spec is not None), None)

sys.meta_path[:] = [Without()]
from mask_detector_ros.cli import main
sys.exit(main({arguments!r}))
"""


def run_without(package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a Python that does not find ``package``."""
    code = BLOCK_AND_RUN.format(package=package, arguments=list(arguments))
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


TRAINING_COMMANDS = [n for n, m in cli.COMMANDS.items() if m.startswith(cli.TRAINING_PACKAGE)]


def test_without_the_training_package_its_commands_are_listed() -> None:
    assert TRAINING_COMMANDS == ["data", "synthesize", "train", "compare", "evaluate", "export"]
    done = run_without("mask_detector_training", "--help")
    assert done.returncode == 0, done.stderr
    for name in cli.COMMANDS:
        assert f"\n    {name} " in done.stdout or f"\n    {name}\n" in done.stdout
    text = " ".join(done.stdout.split())
    for name in TRAINING_COMMANDS:
        assert f" {name} needs mask_detector_training, which is not installed " in text


@pytest.mark.parametrize("arguments", [["train", "detector", "--out", "x"], ["data"], ["export"]])
def test_without_the_training_package_its_commands_name_what_to_install(
    arguments: list[str],
) -> None:
    done = run_without("mask_detector_training", *arguments)
    assert done.returncode == 1
    assert done.stderr == (
        f"mask_detector: {arguments[0]} needs mask_detector_training, which is not installed; "
        "in a clone of the repository run: pip install '.[train]'\n"
    )


def test_without_tensorflow_training_names_what_to_install(tmp_path: Path) -> None:
    out, data = tmp_path / "run", tmp_path / "data"
    (data / "faces").mkdir(parents=True)
    done = run_without("tensorflow", "train", "detector", "--out", str(out), "--data", str(data))
    assert done.returncode == 1
    assert "tensorflow not installed; pip install 'mask-detector-ros[train]'" in done.stderr
    assert "Traceback" not in done.stderr and not out.exists()


@pytest.mark.parametrize(
    ("folder", "message"),
    [("empty", "manifest.yaml"), ("damaged", "damaged"), ("odd", "is not a model manifest")],
)
def test_unusable_models_are_reported_in_one_line(
    folder: str, message: str, models: Path, tmp_path: Path, capsys: Any
) -> None:
    for name in ("face_detector.onnx", "mask_classifier.onnx", "manifest.yaml"):
        (tmp_path / name).write_bytes((models / name).read_bytes())
    if folder == "empty":
        (tmp_path / "manifest.yaml").unlink()
    elif folder == "damaged":
        (tmp_path / "mask_classifier.onnx").write_bytes(b"?")
    else:
        (tmp_path / "manifest.yaml").write_text("models: 3")
    image = tmp_path / "a.pgm"
    image.write_bytes(b"P5 2 2 255 abcd")
    assert cli.main(["detect", str(image), "--models", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error


def test_errors_of_the_system_name_the_file_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(_args: object) -> int:
        raise FileExistsError(17, "File exists", "/data/run")

    monkeypatch.setattr("mask_detector_ros.apps.doctor.run", failing)
    assert cli.main(["doctor"]) == 1
    assert capsys.readouterr().err == "mask_detector: /data/run: File exists\n"


def test_unexpected_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_args: object) -> int:
        raise KeyError("a bug")

    monkeypatch.setattr("mask_detector_ros.apps.doctor.run", failing)
    with pytest.raises(KeyError):
        cli.main(["doctor"])


def test_the_runtime_option_offers_every_runtime() -> None:
    assert tuple(detect.RUNTIMES) == tuple(runtimes.CHOICES)


def test_every_setting_can_be_set() -> None:
    table = flatten(PipelineSettings())
    values = dict(detect.parse_setting(f"{name}={value}") for name, (value, _) in table.items())
    assert unflatten(PipelineSettings, values) == PipelineSettings()
    ranges = {name: entry for name, entry in table.items() if entry[1]["high"] is not None}
    assert ranges
    for name, (default, metadata) in ranges.items():
        low, high, kind = metadata["low"], metadata["high"], type(default)
        for bound in (low, high):
            assert detect.parse_setting(f"{name}={kind(bound)}") == (name, kind(bound))
        for text in (high * 2 + 1, low - 1, "nan", "inf", "", "x"):
            with pytest.raises(ValueError, match=name):
                detect.parse_setting(f"{name}={text}")

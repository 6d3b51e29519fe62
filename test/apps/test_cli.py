# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mask_detector_ros import __version__, cli
from mask_detector_ros.apps import detect
from mask_detector_ros.apps.settings_options import build_settings, parse_setting
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.settings import flatten


def test_help_lists_the_commands(capsys: Any) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    for word in ("detect", "doctor", "demo", "examples"):
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


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mask_detector_ros", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["mask_detector", __version__])


def test_a_missing_part_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    commands = (("mask_detector_ros.apps.nowhere", "add_subcommand", ("demo",)),)
    monkeypatch.setattr(cli, "COMMANDS", commands)
    assert cli.main(["demo", "--duration", "3"]) == 1
    assert "No module named 'mask_detector_ros.apps.nowhere'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder", "said"),
    [("empty", "manifest.yaml"), ("damaged", "damaged"), ("odd", "does not describe models")],
)
def test_unusable_models_are_one_line(
    folder: str, said: str, models: Path, tmp_path: Path, capsys: Any
) -> None:
    for name in ("face_detector.onnx", "mask_classifier.onnx", "manifest.yaml"):
        (tmp_path / name).write_bytes((models / name).read_bytes())
    if folder == "empty":
        (tmp_path / "manifest.yaml").unlink()
    elif folder == "damaged":
        (tmp_path / "mask_classifier.onnx").write_bytes(b"?")
    else:
        (tmp_path / "manifest.yaml").write_text("models: 3")
    picture = tmp_path / "a.pgm"
    picture.write_bytes(b"P5 2 2 255 abcd")
    assert cli.main(["detect", str(picture), "--models", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_a_defect_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(_args: object) -> int:
        raise KeyError("a mistake in the program")

    monkeypatch.setattr("mask_detector_ros.apps.doctor.run", defect)
    with pytest.raises(KeyError):
        cli.main(["doctor"])


def test_the_runtimes_offered_are_those_there_are() -> None:
    assert tuple(detect.RUNTIMES) == tuple(runtimes.CHOICES)


def test_every_setting_can_be_named() -> None:
    table = flatten(PipelineSettings())
    values = dict(parse_setting(f"{name}={value}") for name, (value, _) in table.items())
    assert build_settings(values) == PipelineSettings()
    for name, (default, about) in table.items():
        if about["high"] is not None:
            for bound in (about["low"], about["high"]):
                kind = type(default)
                assert parse_setting(f"{name}={kind(bound)}") == (name, kind(bound))
            for text in (about["high"] * 2 + 1, about["low"] - 1, "nan", "inf", "", "x"):
                with pytest.raises(ValueError, match=name):
                    parse_setting(f"{name}={text}")

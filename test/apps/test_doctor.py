# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector doctor``: findings on working and on broken installations."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from mask_detector_ros.apps import doctor
from mask_detector_ros.apps.checks import fast_dds, inference, ros
from mask_detector_ros.apps.checks.finding import Level, error, ok, warning
from mask_detector_ros.cli import main

PROFILE = """<?xml version="1.0"?>
<profiles xmlns="http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles">
  <transport_descriptors><transport_descriptor>
    <transport_id>big</transport_id><type>SHM</type><segment_size>{size}</segment_size>
  </transport_descriptor></transport_descriptors>
  <participant profile_name="p" is_default_profile="{default}"><rtps>
    <userTransports><transport_id>big</transport_id></userTransports>
    <useBuiltinTransports>false</useBuiltinTransports>
  </rtps></participant>
</profiles>
"""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *fast_dds.PROFILE_VARIABLES.values(),
        "FASTDDS_BUILTIN_TRANSPORTS",
        "RMW_IMPLEMENTATION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(fast_dds, "major_version", lambda: 2)


def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None) -> Any:
    path = tmp_path / "profile.xml"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("FASTRTPS_DEFAULT_PROFILES_FILE", str(path))
    (finding,) = fast_dds.check_profile()
    return finding


@pytest.mark.parametrize(
    ("text", "level", "message"),
    [
        (PROFILE.format(size=32 << 20, default="true"), Level.OK, "36 images of 640x480"),
        (PROFILE.format(size=2 << 20, default="true"), Level.WARN, "less than one 1920x1080"),
        (PROFILE.format(size=512 << 10, default="true"), Level.ERROR, "less than one 640x480"),
        (
            PROFILE.format(size=32 << 20, default="false"),
            Level.ERROR,
            "does not enlarge the default",
        ),
        (PROFILE.format(size="much", default="true"), Level.ERROR, "not a valid Fast DDS profile"),
        ("<profiles>", Level.ERROR, "not a valid Fast DDS profile"),
        (None, Level.ERROR, "No such file"),
    ],
)
def test_fast_dds_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, level: Level, message: str
) -> None:
    finding = profile(tmp_path, monkeypatch, text)
    assert finding.level == level
    assert message in finding.text
    if level != Level.OK:
        assert finding.advice.startswith("export FASTRTPS_DEFAULT_PROFILES_FILE=")


def test_the_shipped_profile_is_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    path = fast_dds.find_resource(fast_dds.SHIPPED_PROFILE)
    monkeypatch.setenv("FASTRTPS_DEFAULT_PROFILES_FILE", str(path))
    (finding,) = fast_dds.check_profile()
    assert finding.level == Level.OK, finding


def test_no_profile_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = fast_dds.check_profile()
    assert finding.level == Level.WARN and "not set" in finding.text
    monkeypatch.setenv("FASTDDS_BUILTIN_TRANSPORTS", "LARGE_DATA?max_msg_size=2MB")
    (finding,) = fast_dds.check_profile()
    assert finding.level == Level.OK


def test_the_variable_of_the_other_fast_dds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", "/some/file.xml")
    (finding,) = fast_dds.check_profile()
    assert finding.level == Level.ERROR
    assert "Fast DDS 2 reads FASTRTPS_DEFAULT_PROFILES_FILE" in finding.text


def test_shared_memory_of_killed_programs_is_found(tmp_path: Path) -> None:
    for name in ("fastrtps_dead", "fastrtps_alive"):
        (tmp_path / name).write_bytes(bytes(1 << 20))
        (tmp_path / f"{name}_el").touch()
    with (tmp_path / "fastrtps_alive_el").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        findings = list(fast_dds.check_shared_memory(tmp_path))
        assert [p.name for p in fast_dds.stale_files(tmp_path)] == [
            "fastrtps_dead",
            "fastrtps_dead_el",
        ]
    assert "2 files (1.0 MiB)" in findings[-1].text and "rm " in findings[-1].advice


def test_usable_models_are_ok(models: Path) -> None:
    findings = list(inference.check_models(models))
    assert findings and all(finding.level != Level.ERROR for finding in findings)
    assert any("face_detector runs in opencv" in f.text and " ms" in f.text for f in findings)


def test_unusable_models_are_errors(models: Path, tmp_path: Path) -> None:
    (missing,) = inference.check_models(tmp_path)
    assert missing.level == Level.ERROR and "manifest.yaml" in missing.text
    for name in ("face_detector.onnx", "mask_classifier.onnx", "manifest.yaml"):
        (tmp_path / name).write_bytes((models / name).read_bytes())
    (tmp_path / "face_detector.onnx").write_bytes(b"scratched")
    texts = [f.text for f in inference.check_models(tmp_path) if f.level == Level.ERROR]
    assert len(texts) == 1 and "face_detector.onnx is damaged" in texts[0]


def test_a_broken_ros_does_not_crash_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros, "PROBE", "this")  # a module that prints something else
    (finding,) = ros.check_ros()
    assert finding.level == Level.ERROR and "the ROS probe failed" in finding.text
    monkeypatch.setattr(ros, "PROBE", "http.server")  # one that never answers
    with pytest.raises(ros.ProbeError, match="did not finish within 1 s"):
        ros.probe(["0"], timeout=1.0)


def test_a_missing_rclpy_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    report = {"rclpy_error": "ModuleNotFoundError: No module named 'rclpy'"}
    monkeypatch.setattr(ros, "probe", lambda *_args, **_kwargs: report)
    (finding,) = ros.check_ros()
    assert "No module named 'rclpy'" in finding.text and "/opt/ros/" in finding.advice


def set_findings(monkeypatch: pytest.MonkeyPatch, *findings: Any) -> None:
    monkeypatch.setattr(doctor, "run_checks", lambda *_: iter(findings))


def test_the_exit_code_is_1_if_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    set_findings(monkeypatch, ok("a", "fine"), warning("b", "slow", "do this"))
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == ["✓ fine", "! slow", "    → do this"]
    set_findings(monkeypatch, ok("a", "fine"), error("c", "broken", "fix it"))
    assert main(["doctor"]) == 1
    assert "✗ broken\n    → fix it" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert result["ok"] is False
    assert result["findings"][1] == {
        "check": "c",
        "level": "error",
        "text": "broken",
        "advice": "fix it",
    }


@pytest.mark.parametrize("option", ["--topic", "--camera-info"])
@pytest.mark.parametrize("name", ["//x y", "/camera/", "9lives", ""])
def test_an_invalid_topic_name_is_refused(capsys: Any, option: str, name: str) -> None:
    assert main(["doctor", option, name]) == 2
    assert f"expected a topic, such as /camera/image_raw, got {name}" in capsys.readouterr().err


def test_the_shipped_models_run_in_every_runtime() -> None:
    findings = list(inference.check_models(None))
    assert {finding.level for finding in findings} == {Level.OK}, findings
    for model in ("face_detector", "mask_classifier"):
        assert any(f"{model} runs in opencv" in finding.text for finding in findings)

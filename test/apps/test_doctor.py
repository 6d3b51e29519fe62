# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector doctor``: what it says of sound and of ailing installations."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from mask_detector_ros.apps import doctor
from mask_detector_ros.apps.checks import engine, fast_dds, ros
from mask_detector_ros.apps.checks.finding import State, bad, good, note
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
    for name in (*fast_dds.VARIABLES.values(), "FASTDDS_BUILTIN_TRANSPORTS", "RMW_IMPLEMENTATION"):
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
    ("text", "state", "said"),
    [
        (PROFILE.format(size=32 << 20, default="true"), State.GOOD, "36 images of 640x480"),
        (PROFILE.format(size=2 << 20, default="true"), State.NOTE, "less than one 1920x1080"),
        (PROFILE.format(size=512 << 10, default="true"), State.BAD, "less than one 640x480"),
        (PROFILE.format(size=32 << 20, default="false"), State.BAD, "as small as it is by default"),
        (PROFILE.format(size="much", default="true"), State.BAD, "not a profile"),
        ("<profiles>", State.BAD, "not a profile"),
        (None, State.BAD, "No such file"),
    ],
)
def test_fast_dds_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, state: State, said: str
) -> None:
    finding = profile(tmp_path, monkeypatch, text)
    assert finding.state == state
    assert said in finding.text
    if state != State.GOOD:
        assert finding.advice.startswith("export FASTRTPS_DEFAULT_PROFILES_FILE=")


def test_the_shipped_profile_is_good_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    path = fast_dds.find_resource(fast_dds.SHIPPED)
    monkeypatch.setenv("FASTRTPS_DEFAULT_PROFILES_FILE", str(path))
    (finding,) = fast_dds.check_profile()
    assert finding.state == State.GOOD, finding


def test_no_profile_is_worth_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = fast_dds.check_profile()
    assert finding.state == State.NOTE and "not set" in finding.text
    monkeypatch.setenv("FASTDDS_BUILTIN_TRANSPORTS", "LARGE_DATA?max_msg_size=2MB")
    (finding,) = fast_dds.check_profile()
    assert finding.state == State.GOOD


def test_the_variable_of_the_other_fast_dds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", "/some/file.xml")
    (finding,) = fast_dds.check_profile()
    assert finding.state == State.BAD
    assert "Fast DDS 2 reads FASTRTPS_DEFAULT_PROFILES_FILE" in finding.text


def test_what_killed_programs_leave_is_told_from_what_runs(tmp_path: Path) -> None:
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


def test_models_that_run(models: Path) -> None:
    findings = list(engine.check_models(models))
    assert all(finding.state != State.BAD for finding in findings)
    assert any("face_detector runs in opencv" in f.text and " ms" in f.text for f in findings)


def test_models_that_do_not(models: Path, tmp_path: Path) -> None:
    (missing,) = engine.check_models(tmp_path)
    assert missing.state == State.BAD and "manifest.yaml" in missing.text
    for name in ("face_detector.onnx", "mask_classifier.onnx", "manifest.yaml"):
        (tmp_path / name).write_bytes((models / name).read_bytes())
    (tmp_path / "face_detector.onnx").write_bytes(b"scratched")
    texts = [f.text for f in engine.check_models(tmp_path) if f.state == State.BAD]
    assert len(texts) == 1 and "face_detector.onnx is damaged" in texts[0]


def test_a_broken_ros_does_not_take_the_doctor_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros, "PROBE", "this")  # a module that prints something else
    (finding,) = ros.check_ros()
    assert finding.state == State.BAD and "could not be asked" in finding.text
    monkeypatch.setattr(ros, "PROBE", "http.server")  # one that never answers
    with pytest.raises(ros.ProbeError, match="did not answer within 1 s"):
        ros.probe(["0"], timeout=1.0)


def test_no_rclpy_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"rclpy_error": "ModuleNotFoundError: No module named 'rclpy'"}
    monkeypatch.setattr(ros, "probe", lambda *_args, **_kwargs: answer)
    (finding,) = ros.check_ros()
    assert "No module named 'rclpy'" in finding.text and "/opt/ros/" in finding.advice


def examined(monkeypatch: pytest.MonkeyPatch, *findings: Any) -> None:
    monkeypatch.setattr(doctor, "examine", lambda *_: iter(findings))


def test_the_exit_code_tells_whether_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    examined(monkeypatch, good("a", "all right"), note("b", "so so", "do this"))
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == ["✓ all right", "! so so", "    → do this"]
    examined(monkeypatch, good("a", "all right"), bad("c", "broken", "mend it"))
    assert main(["doctor"]) == 1
    assert "✗ broken\n    → mend it" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    assert answer["findings"][1] == {
        "check": "c",
        "state": "bad",
        "text": "broken",
        "advice": "mend it",
    }


def test_the_shipped_models_run_everywhere() -> None:
    findings = list(engine.check_models(None))
    assert {finding.state for finding in findings} == {State.GOOD}, findings
    for model in ("face_detector", "mask_classifier"):
        assert any(f"{model} runs in opencv" in finding.text for finding in findings)

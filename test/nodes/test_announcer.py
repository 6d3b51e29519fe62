# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The announcer node speaks reminders from another process, and survives every failure."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter
from std_msgs.msg import Header, String
from std_srvs.srv import SetBool

from mask_detector_ros.msg import MaskDetection, Reminder
from mask_detector_ros.resources import find_resource
from mask_detector_ros.speech.phrases import load_phrases
from support.ros_harness import Client, NodeProcess, wait_until
from support.speech_engine import (
    SAMPLES_PER_CHARACTER,
    ended,
    engine_command,
    hanging_command,
    running,
    samples,
)
from support.waiting import TIMEOUT_S

pytestmark = pytest.mark.ros

SPOKEN = "/announcer/spoken"
NOSE = MaskDetection.STATUS_NOSE_EXPOSED
PHRASES = {
    code: load_phrases(find_resource(f"config/phrases/{code}.yaml")) for code in ("en", "ko")
}


def arguments(parameters: dict[str, Any]) -> list[str]:
    """Parameters for a command line, where values are YAML."""
    values = {k: str(v) if isinstance(v, Path) else v for k, v in parameters.items()}
    return [a for name in values for a in ("-p", f"{name}:={json.dumps(values[name])}")]


def announcer(**parameters: Any) -> NodeProcess:
    """An announcer that is ready."""
    ready = "waiting for reminders on /reminder"
    return NodeProcess("announcer.announcer_node", *arguments(parameters), ready=ready)


class Patrol:
    """Sends reminders as the patrol node does, and collects the spoken texts."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.spoken: list[String] = []
        self.sent = 0

    def listen(self) -> Patrol:
        self.spoken = self.client.subscribe(String, SPOKEN)
        self.client.publisher(Reminder, "/reminder")
        return self

    def send(self, *people: str, **fields: Any) -> None:
        self.sent += 1
        message = Reminder(status=NOSE, attempt=1, person_ids=people, reminder_id=str(self.sent))
        message.header.frame_id = "map"
        message.header.stamp = self.client.node.get_clock().now().to_msg()
        for name, value in fields.items():
            setattr(message, name, value)
        self.client.send(message, "/reminder")

    def wait_for(self, count: int, process: NodeProcess) -> list[str]:
        """The spoken texts, once there are ``count``."""
        wait_until(lambda: len(self.spoken) >= count, f"{count} texts", process)
        return [message.data for message in self.spoken]

    def wait_for_value(self, key: str, value: str, process: NodeProcess) -> None:
        """Wait until the newest diagnostics have this value."""
        received = self.client.subscribe(DiagnosticArray, "/diagnostics")

        def shown() -> bool:
            newest = [v for m in received[-1:] for v in m.status[0].values]
            return any((v.key, v.value) == (key, value) for v in newest)

        wait_until(shown, f"{key}: {value} in diagnostics", process)

    def mute(self, muted: bool) -> str:
        reply = self.client.call(SetBool, "/announcer/mute", SetBool.Request(data=muted))
        assert reply.success
        return str(reply.message)

    def diagnosis(self, words: str, process: NodeProcess) -> DiagnosticStatus:
        """The next diagnostic status with these words in its message."""
        received = self.client.subscribe(DiagnosticArray, "/diagnostics")

        def find() -> DiagnosticStatus | None:
            return next((m.status[0] for m in received if words in m.status[0].message), None)

        status: DiagnosticStatus = wait_until(find, f"{words!r} in diagnostics", process)
        assert status.name == "announcer: speech"
        return status


@pytest.fixture
def patrol() -> Iterator[Patrol]:
    client = Client()
    yield Patrol(client)
    client.close()


def test_a_reminder_is_spoken_recorded_and_published(patrol: Patrol, tmp_path: Path) -> None:
    wavs = tmp_path / "wavs"
    with announcer(
        engine="command",
        command=engine_command(tmp_path),
        play=False,
        wav_folder=wavs,
        languages="ko,en",
        timeout=TIMEOUT_S,
        max_age=TIMEOUT_S,
    ) as process:
        patrol.listen().send("ana")
        texts = patrol.wait_for(2, process)
        assert texts == [PHRASES[code].texts["nose_exposed"][0] for code in ("ko", "en")]
        patrol.send("ana", attempt=2)
        patrol.wait_for(4, process)
        patrol.send("ana", kind=Reminder.THANK)
        texts = patrol.wait_for(6, process)
        wait_until(lambda: len(list(wavs.glob("[0-9]*.wav"))) == 6, "six files", process)
        assert process.interrupt() == 0
        assert "Traceback" not in process.log
        assert "ana" not in process.log.replace(str(tmp_path), "")
    assert texts[3] == PHRASES["en"].texts["nose_exposed_again"][0]
    assert texts[5] == PHRASES["en"].texts["thanks"][0]
    files = sorted(wavs.iterdir())
    assert [file.name for file in files[:2]] == [
        "0001_ko_nose_exposed.wav",
        "0002_en_nose_exposed.wav",
    ]
    assert files[5].name == "0006_en_thanks.wav"
    assert [samples(file) for file in files] == [SAMPLES_PER_CHARACTER * len(t) for t in texts]
    assert (tmp_path / "spoken").read_text(encoding="utf-8").splitlines() == texts


def test_a_group_is_addressed_as_such_and_recordings_are_never_overwritten(
    patrol: Patrol, tmp_path: Path
) -> None:
    (tmp_path / "0041_en_thanks.wav").write_bytes(b"of the last run")
    with announcer(
        engine="command",
        command=engine_command(tmp_path),
        play=False,
        wav_folder=tmp_path,
        timeout=TIMEOUT_S,
        max_age=TIMEOUT_S,
    ) as process:
        patrol.listen().send("ana", "bo")
        assert patrol.wait_for(1, process) == [PHRASES["en"].texts["nose_exposed_group"][0]]
        new = tmp_path / "0042_en_nose_exposed.wav"
        wait_until(new.exists, "the recording", process)


def test_invalid_reminders_are_ignored_with_a_warning(patrol: Patrol) -> None:
    with announcer(engine="none") as process:
        patrol.listen().send("ana", status=MaskDetection.STATUS_UNKNOWN)
        process.wait_for_log("there is no reminder for the status unknown")
        patrol.send("ana", kind=7)
        process.wait_for_log("7 is not a valid ReminderKind")
        before_time = Header()
        before_time.stamp.sec = -5
        patrol.send("ana", header=before_time)
        process.wait_for_log("must not be negative")
        patrol.send("ana")
        assert len(patrol.wait_for(1, process)) == 1


def test_old_reminders_are_dropped(patrol: Patrol) -> None:
    with announcer(engine="none", max_age=TIMEOUT_S) as process:
        patrol.listen()
        now = patrol.client.node.get_clock().now().to_msg()
        late = patrol.client.header(now.sec - 2 * TIMEOUT_S)
        patrol.send("ana", header=late)
        patrol.send("bo", header=patrol.client.header(now.sec - 1.0), kind=Reminder.THANK)
        assert patrol.wait_for(1, process) == [PHRASES["en"].texts["thanks"][0]]
        status = patrol.diagnosis("", process)
        assert ("dropped: too old", "1") in [(v.key, v.value) for v in status.values]
        process.wait_for_log("when they are older than max_age")
        # Simulated time on one side only: the age means nothing.
        patrol.send("cy", header=patrol.client.header(12.0))
        assert len(patrol.wait_for(2, process)) == 2
        process.wait_for_log("another clock")


def test_the_queue_of_reminders_is_bounded(patrol: Patrol, tmp_path: Path) -> None:
    done = tmp_path / "done"
    command = f"sh -c 'until test -e {done}; do sleep 0.1; done'"
    with announcer(
        engine="command", command=command, timeout=300.0, queue_size=2, max_age=600.0
    ) as process:
        patrol.listen().send("0")
        patrol.wait_for(1, process)
        for i in range(1, 9):
            patrol.send(str(i))
        patrol.wait_for_value("dropped: queue full", "6", process)
        done.touch()
        patrol.wait_for(3, process)
        patrol.wait_for_value("phrases spoken", "3", process)
        patrol.wait_for_value("announcements waiting", "0", process)
        wait_until(lambda: process.log.count("speaking") == 3, "three spoken phrases", process)
        assert len(patrol.spoken) == 3


def test_without_an_engine_texts_are_published_and_diagnostics_name_what_to_install(
    patrol: Patrol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with announcer(engine="espeak-ng") as process:
        assert "sudo apt install espeak-ng" in process.log
        patrol.listen().send("ana")
        assert patrol.wait_for(1, process) == [PHRASES["en"].texts["nose_exposed"][0]]
        status = patrol.diagnosis("sudo apt install espeak-ng", process)
        assert status.level == DiagnosticStatus.ERROR
        # An engine installed meanwhile is used for the next reminder.
        program = tmp_path / "espeak-ng"
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/spoken\n')
        program.chmod(0o755)
        assert patrol.diagnosis("ready", process).level == DiagnosticStatus.OK
        patrol.send("bo")
        wait_until((tmp_path / "spoken").exists, "speech", process)
        assert process.interrupt() == 0


def test_no_sound_card_is_a_warning_and_the_next_phrase_is_tried(
    patrol: Patrol, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    command = f"sh -c 'test -e {broken} && echo error: no sound card >&2; true'"
    with announcer(engine="command", command=command) as process:
        patrol.listen().send("ana")
        process.wait_for_log("speech failed (en): sh failed: error: no sound card")
        status = patrol.diagnosis("no sound card", process)
        assert status.level == DiagnosticStatus.ERROR
        broken.unlink()
        patrol.send("bo")
        assert patrol.diagnosis("ready", process).level == DiagnosticStatus.OK


def test_a_hanging_engine_is_killed_and_the_next_phrase_is_tried(
    patrol: Patrol, tmp_path: Path
) -> None:
    command = hanging_command(tmp_path)
    with announcer(
        engine="command", command=command, timeout=5.0, languages="en,ko", max_age=TIMEOUT_S
    ) as process:
        patrol.listen().send("ana")
        patrol.wait_for(2, process)
        both = [f"({code}): sh did not end" for code in ("en", "ko")]
        wait_until(lambda: all(words in process.log for words in both), "both", process)
        assert ended(tmp_path)
        assert len((tmp_path / "pids").read_text().split()) == 4, "two engines with a child each"
        assert process.alive()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_speech_ends_the_node_cleanly(
    patrol: Patrol, tmp_path: Path, number: int
) -> None:
    command = hanging_command(tmp_path)
    with announcer(engine="command", command=command, timeout=300.0) as process:
        patrol.listen().send("ana")
        wait_until(lambda: len(running(tmp_path)) == 2, "a hanging engine", process)
        assert process.interrupt(number) == 0, "within a minute, not after the engine's timeout"
        assert "Traceback" not in process.log
        assert ended(tmp_path)


def test_muting_stops_speech_at_once_and_unmuting_resumes(patrol: Patrol, tmp_path: Path) -> None:
    with announcer(
        engine="command", command=hanging_command(tmp_path), timeout=300.0, max_age=TIMEOUT_S
    ) as process:
        patrol.listen().send("ana")
        wait_until(lambda: len(running(tmp_path)) == 2, "a hanging engine", process)
        assert patrol.mute(True) == "muted"
        wait_until(lambda: not running(tmp_path), "silence", process)
        patrol.send("bo")
        assert patrol.diagnosis("muted", process).level == DiagnosticStatus.OK
        patrol.wait_for_value("dropped: muted", "1", process)
        patrol.mute(False)
        patrol.send("cy", kind=Reminder.THANK)
        assert patrol.wait_for(2, process)[1] == PHRASES["en"].texts["thanks"][0]
        assert "speech failed" not in process.log


def test_rate_and_engine_are_live_parameters(patrol: Patrol, tmp_path: Path) -> None:
    note = tmp_path / "note"

    def change(name: str, value: Any) -> Any:
        message = Parameter(name, value=value).to_parameter_msg()
        request = SetParametersAtomically.Request(parameters=[message])
        service = "/announcer/set_parameters_atomically"
        return patrol.client.call(SetParametersAtomically, service, request).result

    with announcer(engine="none") as process:
        patrol.listen()
        for name, value in (
            ("rate", 200),
            ("command", f"sh -c 'echo {{rate}} > {note}'"),
            ("engine", "command"),
        ):
            assert change(name, value).successful
        assert not change("volume", 500).successful
        patrol.send("ana")
        wait_until(lambda: note.exists() and note.read_text(), "speech", process)
        assert note.read_text() == "200\n"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"languages": "tlh"}, "no phrases for the language 'tlh'"),
        ({"phrases": "/no/such"}, "phrases is '/no/such'; expected a folder"),
        ({"wav_folder": "/dev/null/x"}, "Not a directory: '/dev/null/x'"),
        ({"engine": "shouting"}, "expected one of auto, espeak-ng"),
    ],
)
def test_invalid_parameters_end_the_node_with_an_error(
    parameters: dict[str, str], words: str
) -> None:
    with NodeProcess("announcer.announcer_node", *arguments(parameters)) as process:
        assert process.wait() == 1
        assert words in process.log
        assert "Traceback" not in process.log

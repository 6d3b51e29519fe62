# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The announcer node: says Reminders to people, one at a time, in one or several languages.

Concurrency: callbacks run in the executor's one thread and only queue what there is to say;
the worker thread says it and publishes what it says. The two share the queue, the immutable
settings and the record of the last failure.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import String
from std_srvs.srv import SetBool

from mask_detector_ros.msg import Reminder
from mask_detector_ros.nodes.announcer.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.patrol.interface import ReminderKind
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.speech.announcement_queue import Announcement, SpeechQueue, SpeechWorker
from mask_detector_ros.speech.engines import Engine, EngineError, find_engine
from mask_detector_ros.speech.phrases import (
    THANKS,
    Line,
    Phrasebook,
    Phrases,
    PhrasesError,
    load_languages,
)
from mask_detector_ros.speech.speaker import Cut, Manner, SpeechError, say

SHIPPED = "config/phrases"
OTHER_CLOCK = 3600.0
"""Seconds of age that no message reaches: its stamp is by another clock than ours."""
RECORDING = re.compile(r"(\d{4,})_")


class AnnouncerNode(Node):
    """Subscribes to reminder, publishes ~/spoken, can be silenced by ~/mute."""

    def __init__(self) -> None:
        super().__init__("announcer")
        try:
            self._configuration = Parameters(self, AnnouncerSettings, self._take_settings)
            self._phrases = Phrasebook(self._load_phrases())
            self._recorded = self._prepare_recordings()
        except (ParameterError, PhrasesError, OSError) as error:
            raise StartError(str(error)) from error
        self._muted = False
        self._said = 0
        self._failures = 0
        self._problems: dict[str, str] = {}  # by language, of the last line in it
        self._complaints: set[str] = set()
        self._queue = SpeechQueue()
        self._take_settings(self._settings)
        self._worker = SpeechWorker(self._queue, self._say, self._failed)
        self._worker.start()
        self._spoken = self.create_publisher(String, "~/spoken", qos.results())
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_service(SetBool, "~/mute", self._on_mute)
        self.create_subscription(
            Reminder,
            "reminder",
            self._on_reminder,
            qos.results(),
            event_callbacks=qos.subscription_events(self, "reminder"),
            qos_overriding_options=qos.overridable(),
        )
        steady_timer(self, 1.0, self._publish_diagnostics)
        self._look_for_engine()
        self.get_logger().info(
            f"waiting for reminders on {self.resolve_topic_name('reminder')}, to be said in "
            f"{self._settings.languages}"
        )

    @property
    def _settings(self) -> AnnouncerSettings:
        return self._configuration.settings

    def _load_phrases(self) -> tuple[Phrases, ...]:
        own = [Path(self._settings.phrases).expanduser()] if self._settings.phrases else []
        if own and not own[0].is_dir():
            raise PhrasesError(f"phrases is {str(own[0])!r}; expected a folder")
        return load_languages(self._settings.languages, [*own, find_resource(SHIPPED)])

    @property
    def _wav_folder(self) -> Path | None:
        folder = self._settings.wav_folder
        return Path(folder).expanduser() if folder else None

    def _prepare_recordings(self) -> int:
        """Make the folder; the highest number a recording in it has."""
        folder = self._wav_folder
        if folder is None:
            return 0
        folder.mkdir(parents=True, exist_ok=True)
        matches = [RECORDING.match(path.name) for path in folder.glob("*.wav")]
        return max((int(match.group(1)) for match in matches if match), default=0)

    def close(self) -> None:
        """Break off what is being said and end."""
        if not self._worker.stop():
            self.get_logger().error("what is being said did not end within 5 s")

    # Callbacks (executor thread) ------------------------------------------------------

    def _take_settings(self, settings: AnnouncerSettings) -> None:
        self._queue.size = settings.queue_size
        self._queue.max_age = settings.max_age

    def _on_reminder(self, message: Reminder) -> None:
        group = len(message.person_ids) > 1
        try:
            kind, status = ReminderKind(message.kind), WearStatus(message.status)
            if kind is ReminderKind.THANK:
                topic, lines = THANKS, self._phrases.thanks(group)
            else:
                topic = status.label
                lines = self._phrases.reminder(status, group, again=message.attempt > 1)
            age = self._age(message)
        except ValueError as error:
            self._complain(f"a reminder cannot be said: {error}")
            return
        if age > self._queue.max_age:
            self._complain(
                "reminders come later than max_age after they were decided, and are not said: the "
                "clocks of the machines disagree, or the network is that slow"
            )
        decided = time.monotonic() - age
        self._queue.put(Announcement(lines, frozenset(message.person_ids), decided, topic))

    def _age(self, message: Reminder) -> float:
        """Seconds since it was decided, by its stamp."""
        if message.header.stamp.sec == 0 and message.header.stamp.nanosec == 0:
            return 0.0
        clock = self.get_clock()
        stamp = Time.from_msg(message.header.stamp, clock_type=clock.clock_type)
        age = (clock.now() - stamp).nanoseconds * 1e-9
        if abs(age) > OTHER_CLOCK:
            self._complain("reminders are stamped by another clock (use_sim_time?)")
            return 0.0
        return max(0.0, age)

    def _on_mute(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._muted = request.data
        self._queue.mute(request.data)
        response.success = True
        response.message = "silent until told otherwise" if request.data else "speaking again"
        self.get_logger().info(response.message)
        return response

    def _look_for_engine(self) -> tuple[str, str]:
        """Name of the engine, and what is wrong with it; warns of the latter."""
        name, problem = "none wanted", ""
        try:
            engine = self._engine()
            if engine is not None:
                settings = self._settings
                name, problem = engine.name, engine.lack(settings.play, bool(settings.wav_folder))
        except EngineError as error:
            name, problem = "none", str(error)
        if problem:
            self._complain(f"{problem}; until then reminders are there as texts")
        return name, problem

    def _publish_diagnostics(self) -> None:
        engine, missing = self._look_for_engine()
        level, message = DiagnosticStatus.OK, "ready"
        if self._muted:
            message = "muted by service"
        elif missing or self._problems:
            problems = [missing] if missing else sorted(set(self._problems.values()))
            level, message = DiagnosticStatus.ERROR, "; ".join(problems)
        values = {
            "engine": engine,
            "languages": self._settings.languages,
            "lines said": str(self._said),
            "lines failed": str(self._failures),
            "waiting": str(self._queue.waiting),
            **{f"dropped: {why}": str(n) for why, n in sorted(self._queue.dropped.items())},
        }
        status = DiagnosticStatus(
            level=level,
            name=f"{self.get_fully_qualified_name().lstrip('/')}: speech",
            message=message,
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)

    def _complain(self, problem: str) -> None:
        """Warn, but not of the same again until something was said well."""
        if problem not in self._complaints:
            self._complaints.add(problem)
            self.get_logger().warning(problem)

    # Speaking (worker thread) ---------------------------------------------------------

    def _say(self, announcement: Announcement, line: Line) -> None:
        settings = self._settings
        wav = self._next_recording(announcement, line)
        # The text first: it is wanted also where nothing can be heard.
        self._spoken.publish(String(data=line.text))
        self.get_logger().info(f"saying ({line.language}): {line.text}")
        engine = self._engine()
        if engine is not None:
            say(
                line,
                engine,
                Manner(settings.rate, settings.volume, settings.timeout),
                aloud=settings.play,
                wav=wav,
                wanted=lambda: not self._queue.silent,
            )
            self._said += 1
            self._complaints.clear()
        self._problems = {k: v for k, v in self._problems.items() if k != line.language}

    def _engine(self) -> Engine | None:
        settings = self._settings
        return find_engine(settings.engine, settings.command, settings.player)

    def _next_recording(self, announcement: Announcement, line: Line) -> Path | None:
        folder = self._wav_folder
        if folder is None:
            return None
        self._recorded += 1
        name = f"{self._recorded:04d}_{line.language}_{announcement.topic}.wav"
        return folder / name

    def _failed(self, announcement: Announcement, line: Line, error: Exception) -> None:
        if isinstance(error, Cut) or not self.context.ok():
            return  # muted, or shut down in the middle of a word
        self._failures += 1
        known = isinstance(error, (EngineError, SpeechError))
        problem = str(error) if known else f"{type(error).__name__}: {error}"
        # A missing engine is looked for all the time; whether it works shows when it is used.
        if not isinstance(error, EngineError):
            self._problems = {**self._problems, line.language: problem}
        self._complain(f"not said as it should be ({line.language}): {problem}")


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(AnnouncerNode, args)


if __name__ == "__main__":
    sys.exit(main())

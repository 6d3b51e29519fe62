# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The announcer node: speaks Reminders, one at a time, in one or several languages.

Threads: callbacks run in the executor's thread and only add to the queue. The worker thread
speaks and publishes the spoken texts. Both share the queue, the immutable settings and the
last error of each language.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import SetBool

from mask_detector_ros.background_threads import end_process
from mask_detector_ros.msg import Reminder
from mask_detector_ros.nodes.announcer.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.diagnostics import DiagnosticsPublisher, diagnostic_status
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.nodes.conversions import stamp_age
from mask_detector_ros.patrol.interface import ReminderKind
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.speech.announcement_queue import (
    Announcement,
    AnnouncementQueue,
    SpeechWorker,
)
from mask_detector_ros.speech.engines import Engine, EngineError, find_engine
from mask_detector_ros.speech.phrases import (
    THANKS,
    LanguagePhrases,
    Phrase,
    Phrasebook,
    PhrasesError,
    load_languages,
)
from mask_detector_ros.speech.speaker import (
    SpeechError,
    SpeechInterrupted,
    SpeechParameters,
    speak,
)

SHIPPED_PHRASES = "config/phrases"
MAX_CLOCK_DIFFERENCE_S = 3600.0
"""A stamp further from now than this was set by another clock, such as simulated time."""
RECORDING_NAME = re.compile(r"(\d{4,})_")


class AnnouncerNode(Node):
    """Subscribes to reminder, publishes ~/spoken, serves ~/mute."""

    def __init__(self) -> None:
        super().__init__("announcer")
        try:
            self._configuration = Parameters(self, AnnouncerSettings, self._apply_settings)
            self._phrasebook = Phrasebook(self._load_phrases())
            self._recordings = self._prepare_wav_folder()
        except (ParameterError, PhrasesError, OSError) as error:
            raise StartError(str(error)) from error
        self._muted = False
        self._spoken_count = 0
        self._failures = 0
        self._errors: dict[str, str] = {}  # language -> error of its last phrase
        # Reset when something was spoken successfully.
        self._warn_once = WarnOnce(self, ignore_numbers=False)
        self._queue = AnnouncementQueue()
        self._apply_settings(self._settings)
        self._worker = SpeechWorker(self._queue, self._speak, self._on_speech_error)
        self._worker.start()
        self._spoken = self.create_publisher(String, "~/spoken", qos.results())
        self.create_service(SetBool, "~/mute", self._on_mute)
        self.create_subscription(
            Reminder,
            "reminder",
            self._on_reminder,
            qos.results(),
            event_callbacks=qos.subscription_callbacks(self, "reminder"),
            qos_overriding_options=qos.overridable(),
        )
        self._diagnostics = DiagnosticsPublisher(
            self, "speech", self._diagnostic_status, self._configuration.warnings
        )
        self._configuration.check_qos_overrides()
        self._check_engine()
        self.get_logger().info(
            f"waiting for reminders on {self.resolve_topic_name('reminder')}; languages: "
            f"{self._settings.languages}"
        )

    @property
    def _settings(self) -> AnnouncerSettings:
        return self._configuration.settings

    def _load_phrases(self) -> tuple[LanguagePhrases, ...]:
        own = [Path(self._settings.phrases).expanduser()] if self._settings.phrases else []
        if own and not own[0].is_dir():
            raise PhrasesError(f"phrases is {str(own[0])!r}; expected a folder")
        return load_languages(self._settings.languages, [*own, find_resource(SHIPPED_PHRASES)])

    @property
    def _wav_folder(self) -> Path | None:
        folder = self._settings.wav_folder
        return Path(folder).expanduser() if folder else None

    def _prepare_wav_folder(self) -> int:
        """Create the folder; the highest number of a recording in it."""
        folder = self._wav_folder
        if folder is None:
            return 0
        folder.mkdir(parents=True, exist_ok=True)
        matches = [RECORDING_NAME.match(path.name) for path in folder.glob("*.wav")]
        return max((int(match.group(1)) for match in matches if match), default=0)

    def close(self) -> None:
        """Stop speaking and end the worker."""
        if not self._worker.stop():
            self.get_logger().error("the speech worker did not end within 5 s")

    # Callbacks (executor thread) ------------------------------------------------------

    def _apply_settings(self, settings: AnnouncerSettings) -> None:
        self._queue.size = settings.queue_size
        self._queue.max_age = settings.max_age

    def _on_reminder(self, message: Reminder) -> None:
        group = len(message.person_ids) > 1
        try:
            kind, status = ReminderKind(message.kind), WearStatus(message.status)
            if kind is ReminderKind.THANK:
                key, phrases = THANKS, self._phrasebook.thanks(group)
            else:
                key = status.label
                phrases = self._phrasebook.reminder(status, group, again=message.attempt > 1)
            age = self._age(message)
        except ValueError as error:
            self._warn_once(f"reminder ignored: {error}")
            return
        if age > self._queue.max_age:
            self._warn_once(
                "reminders arrive when they are older than max_age, and are dropped: the clocks "
                "of the machines differ, or the network is too slow"
            )
        created = time.monotonic() - age
        self._queue.put(Announcement(phrases, frozenset(message.person_ids), created, key))

    def _age(self, message: Reminder) -> float:
        """Seconds since the reminder's stamp; 0 where the stamp is zero or of another clock."""
        if message.header.stamp.sec == 0 and message.header.stamp.nanosec == 0:
            return 0.0
        age = stamp_age(message.header.stamp, self.get_clock())
        if abs(age) > MAX_CLOCK_DIFFERENCE_S:
            self._warn_once("reminders are stamped by another clock (use_sim_time?)")
            return 0.0
        return max(0.0, age)

    def _on_mute(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._muted = request.data
        self._queue.mute(request.data)
        response.success = True
        response.message = "muted" if request.data else "unmuted"
        self.get_logger().info(response.message)
        return response

    def _check_engine(self) -> tuple[str, str]:
        """Name of the engine, and what is missing, with a warning; empty if nothing."""
        name, missing = "disabled", ""
        try:
            engine = self._engine()
            if engine is not None:
                settings = self._settings
                name = engine.name
                missing = engine.missing_dependency(settings.play, bool(settings.wav_folder))
        except EngineError as error:
            name, missing = "none", str(error)
        if missing:
            self._warn_once(f"{missing}; until then reminders are only published as texts")
        return name, missing

    def _diagnostic_status(self) -> DiagnosticStatus:
        engine, missing = self._check_engine()
        level, message = DiagnosticStatus.OK, "ready"
        if self._muted:
            message = "muted by service"
        elif missing or self._errors:
            errors = [missing] if missing else sorted(set(self._errors.values()))
            level, message = DiagnosticStatus.ERROR, "; ".join(errors)
        values = {
            "engine": engine,
            "languages": self._settings.languages,
            "phrases spoken": str(self._spoken_count),
            "phrases failed": str(self._failures),
            "announcements waiting": str(self._queue.waiting),
            **{f"dropped: {reason}": str(n) for reason, n in sorted(self._queue.dropped.items())},
        }
        return diagnostic_status(level, message, values)

    # Speaking (worker thread) ---------------------------------------------------------

    def _speak(self, announcement: Announcement, phrase: Phrase) -> None:
        settings = self._settings
        wav = self._next_recording(announcement, phrase)
        # The text first: it is published even where nothing can be heard.
        self._spoken.publish(String(data=phrase.text))
        self.get_logger().info(f"speaking ({phrase.language}): {phrase.text}")
        engine = self._engine()
        if engine is not None:
            speak(
                phrase,
                engine,
                SpeechParameters(settings.rate, settings.volume, settings.timeout),
                aloud=settings.play,
                wav=wav,
                should_continue=lambda: not self._queue.silenced,
            )
            self._spoken_count += 1
            self._warn_once.reset()
        self._errors = {k: v for k, v in self._errors.items() if k != phrase.language}

    def _engine(self) -> Engine | None:
        settings = self._settings
        return find_engine(settings.engine, settings.command, settings.player)

    def _next_recording(self, announcement: Announcement, phrase: Phrase) -> Path | None:
        folder = self._wav_folder
        if folder is None:
            return None
        self._recordings += 1
        return folder / f"{self._recordings:04d}_{phrase.language}_{announcement.key}.wav"

    def _on_speech_error(
        self, announcement: Announcement, phrase: Phrase, error: Exception
    ) -> None:
        if isinstance(error, SpeechInterrupted) or not self.context.ok():
            return  # muted, or shut down while speaking
        self._failures += 1
        expected = isinstance(error, (EngineError, SpeechError))
        text = str(error) if expected else f"{type(error).__name__}: {error}"
        # A missing engine is checked by every diagnostics message, so it is not kept here.
        if not isinstance(error, EngineError):
            self._errors = {**self._errors, phrase.language: text}
        self._warn_once(f"speech failed ({phrase.language}): {text}")


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(AnnouncerNode, args)


if __name__ == "__main__":
    sys.exit(end_process(main()))

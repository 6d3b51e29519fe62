# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What waits to be said: little, nothing old, and nothing that time has overtaken."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from mask_detector_ros.speech.phrases import Line


@dataclass(frozen=True, eq=False)
class Announcement:
    """One thing to say to some people, in every language.

    Attributes:
        lines: what to say, one after the other.
        people: ids of whom it is for; may be empty where nobody is known.
        decided: when it was decided, in seconds of the queue's clock.
        topic: what it is about, for file names and logs: a phrase key.
    """

    lines: tuple[Line, ...]
    people: frozenset[str]
    decided: float
    topic: str


class SpeechQueue:
    """Handed to by one thread, taken from by another; neither waits for the other's work.

    What is newly to be said to people replaces whatever still waits for them and nobody
    else: thanks make a reminder that was not said yet pointless, a new reminder the thanks.
    What is being said just then ends with the line that is spoken.
    """

    def __init__(
        self,
        size: int = 4,
        max_age: float = 8.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            size: the most that waits; beyond it the oldest is dropped.
            max_age: seconds after which it is too late to say something.
            clock: seconds that never go back.
        """
        self.size = size
        self.max_age = max_age
        self.dropped: Counter[str] = Counter()
        """How many were not said, by reason."""
        self._clock = clock
        self._condition = threading.Condition()
        self._waiting: list[Announcement] = []
        self._current: Announcement | None = None
        self._muted = False
        self._closed = False

    def put(self, announcement: Announcement) -> None:
        """Add something to say."""
        with self._condition:
            if self._muted or self._closed:
                self.dropped["muted"] += 1
                return
            kept = [a for a in self._waiting if not _replaces(announcement, a)]
            self.dropped["overtaken"] += len(self._waiting) - len(kept)
            kept.append(announcement)
            excess = max(0, len(kept) - self.size)
            self.dropped["too many"] += excess
            self._waiting = kept[excess:]
            if self._current is not None and _replaces(announcement, self._current):
                self._current = None
            self._condition.notify()

    def take(self) -> Announcement | None:
        """Wait for the next thing to say; None once the queue is closed."""
        with self._condition:
            self._current = None
            while not self._closed:
                while self._waiting:
                    announcement = self._waiting.pop(0)
                    if self._clock() - announcement.decided <= self.max_age:
                        self._current = announcement
                        return announcement
                    self.dropped["too old"] += 1
                self._condition.wait()
            return None

    def wanted(self, announcement: Announcement) -> bool:
        """Whether what was taken last should go on with its next line."""
        with self._condition:
            return self._current is announcement

    @property
    def silent(self) -> bool:
        """Whether nothing at all may sound now."""
        return self._muted or self._closed

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def mute(self, muted: bool) -> None:
        """Forget everything and take nothing more, or listen again."""
        with self._condition:
            self._muted = muted
            self._current = None
            self.dropped["muted"] += len(self._waiting)
            self._waiting = []

    def close(self) -> None:
        """Let ``take`` end, for good."""
        with self._condition:
            self._closed = True
            self._current = None
            self._waiting = []
            self._condition.notify_all()


def _replaces(new: Announcement, old: Announcement) -> bool:
    return bool(old.people) and old.people <= new.people


class SpeechWorker:
    """The one voice: a thread that says what comes out of a queue, line by line.

    A line that fails is reported and the next one tried: the thread never dies silently.
    """

    def __init__(
        self,
        queue: SpeechQueue,
        say: Callable[[Announcement, Line], None],
        failed: Callable[[Announcement, Line, Exception], None],
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            queue: what to say.
            say: says one line, in the worker's thread, and returns soon after the queue has
                become silent.
            failed: told of an exception that came out of ``say``, in the worker's thread.
        """
        self._queue = queue
        self._say = say
        self._failed = failed
        self._thread = threading.Thread(target=self._run, name="speech_worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Close the queue and end; False if what is being said did not end in time."""
        self._queue.close()
        if not self._thread.is_alive():
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (announcement := self._queue.take()) is not None:
            for line in announcement.lines:
                if not self._queue.wanted(announcement):
                    break
                try:
                    self._say(announcement, line)
                except Exception as error:  # whatever it is, the robot must not go dumb
                    self._failed(announcement, line, error)

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The bounded queue of announcements and the thread that speaks them."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from mask_detector_ros.background_threads import BackgroundThread
from mask_detector_ros.speech.phrases import Phrase


@dataclass(frozen=True, eq=False)
class Announcement:
    """What to speak to one person or group, in every language.

    Attributes:
        phrases: what to speak, in order; one per language.
        people: ids of the persons addressed; empty where not known.
        created: time of the decision in seconds of the queue's clock.
        key: phrase key, for file names and logs.
    """

    phrases: tuple[Phrase, ...]
    people: frozenset[str]
    created: float
    key: str


class AnnouncementQueue:
    """A thread-safe queue between the thread that adds announcements and the one that speaks.

    A new announcement replaces those for the same people that still wait: thanks make a
    waiting reminder pointless, and the other way round. If it replaces the one being spoken,
    that one ends after its current phrase.
    """

    def __init__(
        self,
        size: int = 4,
        max_age: float = 8.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create an empty queue.

        Args:
            size: most announcements that wait; beyond it the oldest is dropped.
            max_age: seconds after which an announcement is dropped.
            clock: monotonic time in seconds.
        """
        self.size = size
        self.max_age = max_age
        self.dropped: Counter[str] = Counter()
        """Announcements that were dropped, by reason."""
        self._clock = clock
        self._condition = threading.Condition()
        self._waiting: list[Announcement] = []
        self._current: Announcement | None = None
        self._muted = False
        self._closed = False

    def put(self, announcement: Announcement) -> None:
        """Add an announcement; dropped while muted."""
        with self._condition:
            if self._muted or self._closed:
                self.dropped["muted"] += 1
                return
            kept = [a for a in self._waiting if not _replaces(announcement, a)]
            self.dropped["replaced"] += len(self._waiting) - len(kept)
            kept.append(announcement)
            excess = max(0, len(kept) - self.size)
            self.dropped["queue full"] += excess
            self._waiting = kept[excess:]
            if self._current is not None and _replaces(announcement, self._current):
                self._current = None
            self._condition.notify()

    def get(self) -> Announcement | None:
        """Wait for the next announcement; None once the queue is closed."""
        with self._condition:
            self._current = None
            while not self._closed:
                while self._waiting:
                    announcement = self._waiting.pop(0)
                    if self._clock() - announcement.created <= self.max_age:
                        self._current = announcement
                        return announcement
                    self.dropped["too old"] += 1
                self._condition.wait()
            return None

    def is_current(self, announcement: Announcement) -> bool:
        """Whether the next phrase of the announcement last returned by ``get`` should be spoken."""
        with self._condition:
            return self._current is announcement

    @property
    def silenced(self) -> bool:
        """Whether speech must stop at once: muted or closed."""
        return self._muted or self._closed

    @property
    def waiting(self) -> int:
        """Number of announcements that wait."""
        return len(self._waiting)

    def mute(self, muted: bool) -> None:
        """Drop everything and accept nothing more, or accept announcements again."""
        with self._condition:
            self._muted = muted
            self._current = None
            self.dropped["muted"] += len(self._waiting)
            self._waiting = []

    def close(self) -> None:
        """Drop everything; ``get`` returns None from now on."""
        with self._condition:
            self._closed = True
            self._current = None
            self._waiting = []
            self._condition.notify_all()


def _replaces(new: Announcement, old: Announcement) -> bool:
    return bool(old.people) and old.people <= new.people


class SpeechWorker:
    """A thread that speaks the announcements of a queue, phrase by phrase.

    A phrase that fails is reported and the next one is tried; the thread keeps running.
    """

    def __init__(
        self,
        queue: AnnouncementQueue,
        speak: Callable[[Announcement, Phrase], None],
        on_error: Callable[[Announcement, Phrase, Exception], None],
    ) -> None:
        """Create the thread; it runs after ``start``.

        Args:
            queue: the announcements.
            speak: speaks one phrase, in the worker's thread; returns soon after the queue
                was silenced.
            on_error: called with an exception of ``speak``, in the worker's thread.
        """
        self._queue = queue
        self._speak = speak
        self._on_error = on_error
        self._thread = BackgroundThread(self._run, "speech_worker")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Close the queue and join the thread; False if it did not end within ``timeout`` s."""
        self._queue.close()
        if not self._thread.is_alive():
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (announcement := self._queue.get()) is not None:
            for phrase in announcement.phrases:
                if not self._queue.is_current(announcement):
                    break
                try:
                    self._speak(announcement, phrase)
                except Exception as error:  # any failure: later announcements must be spoken
                    self._report(announcement, phrase, error)

    def _report(self, announcement: Announcement, phrase: Phrase, error: Exception) -> None:
        try:
            self._on_error(announcement, phrase, error)
        except Exception:  # nothing is left to report to
            traceback.print_exc(file=sys.stderr)

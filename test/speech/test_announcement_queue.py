# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The queue of announcements and the thread that speaks them, with a simulated clock and voice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_detector_ros.speech.announcement_queue import (
    Announcement,
    AnnouncementQueue,
    SpeechWorker,
)
from mask_detector_ros.speech.phrases import Phrase
from support.waiting import TIMEOUT_S, wait_until


def announcement(*people: str, created: float = 0.0, languages: int = 1) -> Announcement:
    phrases = tuple(Phrase(f"l{i}", "v", "+".join(people) or "all") for i in range(languages))
    return Announcement(phrases, frozenset(people), created, "key")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def queue_of(*announcements: Announcement, size: int = 4) -> tuple[AnnouncementQueue, Clock]:
    clock = Clock()
    queue = AnnouncementQueue(size, max_age=8.0, clock=clock)
    for one in announcements:
        queue.put(one)
    return queue, clock


def test_announcements_are_spoken_in_order() -> None:
    first, second = announcement("a"), announcement("b")
    queue, _ = queue_of(first, second)
    assert [queue.get(), queue.get()] == [first, second]


def test_a_full_queue_drops_the_oldest() -> None:
    many = [announcement(str(i)) for i in range(6)]
    queue, _ = queue_of(*many, size=2)
    assert [queue.get(), queue.get()] == many[4:]
    assert queue.dropped["queue full"] == 4


def test_old_announcements_are_dropped() -> None:
    old, new = announcement("a"), announcement("b", created=5.0)
    queue, clock = queue_of(old, new)
    clock.now = 8.5
    assert queue.get() is new
    assert queue.dropped["too old"] == 1


def test_thanks_replace_a_waiting_reminder_to_the_same_person() -> None:
    reminder, other, thanks = announcement("a"), announcement("b"), announcement("a")
    queue, _ = queue_of(reminder, other, thanks)
    assert [queue.get(), queue.get()] == [other, thanks]
    assert queue.dropped["replaced"] == 1


def test_thanks_to_one_of_a_group_keep_the_reminder_to_the_group() -> None:
    group, thanks = announcement("a", "b"), announcement("a")
    queue, _ = queue_of(group, thanks)
    assert [queue.get(), queue.get()] == [group, thanks]


def test_announcements_without_person_ids_do_not_replace_each_other() -> None:
    unknown, another = announcement(), announcement()
    queue, _ = queue_of(unknown, another)
    assert [queue.get(), queue.get()] == [unknown, another]


def test_the_current_announcement_is_replaced_by_one_for_the_same_people() -> None:
    reminder = announcement("a", languages=2)
    queue, _ = queue_of(reminder)
    assert queue.get() is reminder and queue.is_current(reminder)
    queue.put(announcement("b"))
    assert queue.is_current(reminder)
    queue.put(announcement("a"))
    assert not queue.is_current(reminder)


def test_muting_drops_everything_and_silences_speech() -> None:
    spoken, waiting, later = announcement("a"), announcement("b"), announcement("c")
    queue, _ = queue_of(spoken, waiting)
    queue.get()
    queue.mute(True)
    silenced = [queue.silenced]
    assert not queue.is_current(spoken)
    queue.put(announcement("d"))
    queue.mute(False)
    silenced.append(queue.silenced)
    assert not queue.is_current(spoken)
    assert silenced == [True, False]
    queue.put(later)
    assert queue.get() is later
    assert queue.dropped["muted"] == 2


@given(
    st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.floats(0, 5)), max_size=30),
    st.integers(1, 5),
)
def test_size_age_and_replacement_hold_for_any_arrivals(
    arrivals: list[tuple[set[str], float]], size: int
) -> None:
    queue, clock = queue_of(size=size)
    for people, pause in arrivals:
        clock.now += pause
        queue.put(announcement(*people, created=clock.now))
        assert queue.waiting <= size
    queue.size += 1
    queue.put(last := announcement("last", created=clock.now))
    taken = [one for one in iter(queue.get, last) if one is not None]
    assert all(clock.now - one.created <= 8.0 for one in taken)
    known = [one.people for one in taken if one.people]
    assert len(known) == len(set(known))
    assert len(taken) + sum(queue.dropped.values()) == len(arrivals)


# The worker --------------------------------------------------------------------------------


class Voice:
    """Collects the spoken phrases; waits in each phrase while ``free`` is not set."""

    def __init__(self) -> None:
        self.queue = AnnouncementQueue(max_age=10 * TIMEOUT_S)
        self.spoken: list[str] = []
        self.errors: list[str] = []
        self.free = threading.Event()
        self.free.set()
        self.worker = SpeechWorker(self.queue, self.speak, self.on_error)
        self.worker.start()

    def speak(self, announcement: Announcement, phrase: Phrase) -> None:
        self.spoken.append(f"{phrase.language} {phrase.text}")
        if phrase.text == "broken":
            raise RuntimeError("no sound")
        while not self.free.wait(0.005):
            if self.queue.silenced:
                return

    def on_error(self, announcement: Announcement, phrase: Phrase, error: Exception) -> None:
        self.errors.append(str(error))

    def put(self, *people: str, languages: int = 1) -> None:
        self.queue.put(announcement(*people, created=time.monotonic(), languages=languages))


@pytest.fixture
def voice() -> Iterator[Voice]:
    voice = Voice()
    yield voice
    assert voice.worker.stop(TIMEOUT_S)


def test_every_language_is_spoken_in_turn(voice: Voice) -> None:
    voice.put("a", languages=2)
    wait_until(lambda: voice.spoken == ["l0 a", "l1 a"], "speech in both languages")


def test_a_failure_is_reported_and_the_next_phrase_is_spoken(voice: Voice) -> None:
    voice.put("broken", languages=2)
    voice.put("a")
    wait_until(lambda: voice.spoken == ["l0 broken", "l1 broken", "l0 a"], "the third phrase")
    assert voice.errors == ["no sound"] * 2


def test_thanks_follow_the_current_phrase_without_the_other_languages(voice: Voice) -> None:
    voice.free.clear()
    voice.put("a", languages=3)
    wait_until(lambda: len(voice.spoken) == 1, "the first phrase")
    voice.put("b", "a")
    voice.free.set()
    wait_until(lambda: len(voice.spoken) == 2, "the second phrase")
    assert voice.spoken == ["l0 a", "l0 b+a"]


def test_stopping_does_not_speak_the_rest(voice: Voice) -> None:
    voice.free.clear()
    voice.put("a", languages=2)
    voice.put("b")
    wait_until(lambda: len(voice.spoken) == 1, "the first phrase")
    assert voice.worker.stop(TIMEOUT_S)
    assert voice.spoken == ["l0 a"]

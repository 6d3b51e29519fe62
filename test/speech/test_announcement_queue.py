# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What waits to be said, and the one voice that says it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_detector_ros.speech.announcement_queue import Announcement, SpeechQueue, SpeechWorker
from mask_detector_ros.speech.phrases import Line


def announcement(*people: str, decided: float = 0.0, languages: int = 1) -> Announcement:
    lines = tuple(Line(f"l{i}", "v", "+".join(people) or "all") for i in range(languages))
    return Announcement(lines, frozenset(people), decided, "topic")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def queue_of(*announcements: Announcement, size: int = 4) -> tuple[SpeechQueue, Clock]:
    clock = Clock()
    queue = SpeechQueue(size, max_age=8.0, clock=clock)
    for one in announcements:
        queue.put(one)
    return queue, clock


def test_what_came_first_is_said_first() -> None:
    first, second = announcement("a"), announcement("b")
    queue, _ = queue_of(first, second)
    assert [queue.take(), queue.take()] == [first, second]


def test_the_oldest_is_dropped_when_there_is_no_room() -> None:
    many = [announcement(str(i)) for i in range(6)]
    queue, _ = queue_of(*many, size=2)
    assert [queue.take(), queue.take()] == many[4:]
    assert queue.dropped["too many"] == 4


def test_what_is_too_old_is_not_said() -> None:
    old, new = announcement("a"), announcement("b", decided=5.0)
    queue, clock = queue_of(old, new)
    clock.now = 8.5
    assert queue.take() is new
    assert queue.dropped["too old"] == 1


def test_thanks_do_not_wait_behind_a_reminder_for_the_same_people() -> None:
    reminder, other, thanks = announcement("a"), announcement("b"), announcement("a")
    queue, _ = queue_of(reminder, other, thanks)
    assert [queue.take(), queue.take()] == [other, thanks]
    assert queue.dropped["overtaken"] == 1


def test_thanks_to_one_of_a_group_leave_the_reminder_to_the_others() -> None:
    group, thanks = announcement("a", "b"), announcement("a")
    queue, _ = queue_of(group, thanks)
    assert [queue.take(), queue.take()] == [group, thanks]


def test_nobody_known_is_nobody_in_common() -> None:
    unknown, another = announcement(), announcement()
    queue, _ = queue_of(unknown, another)
    assert [queue.take(), queue.take()] == [unknown, another]


def test_what_is_being_said_is_overtaken_by_what_comes_for_the_same_people() -> None:
    reminder = announcement("a", languages=2)
    queue, _ = queue_of(reminder)
    assert queue.take() is reminder and queue.wanted(reminder)
    queue.put(announcement("b"))
    assert queue.wanted(reminder)
    queue.put(announcement("a"))
    assert not queue.wanted(reminder)


def test_muted_nothing_is_kept_and_nothing_sounds() -> None:
    said, waiting, later = announcement("a"), announcement("b"), announcement("c")
    queue, _ = queue_of(said, waiting)
    queue.take()
    queue.mute(True)
    assert queue.silent and not queue.wanted(said)
    queue.put(announcement("d"))
    queue.mute(False)
    assert not queue.silent and not queue.wanted(said)
    queue.put(later)
    assert queue.take() is later


@given(
    st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.floats(0, 5)), max_size=30),
    st.integers(1, 5),
)
def test_never_too_many_never_too_old_never_twice_for_the_same(
    arrivals: list[tuple[set[str], float]], size: int
) -> None:
    queue, clock = queue_of(size=size)
    for people, pause in arrivals:
        clock.now += pause
        queue.put(announcement(*people, decided=clock.now))
        assert queue.waiting <= size
    queue.size += 1
    queue.put(last := announcement("last", decided=clock.now))
    taken = list(iter(queue.take, last))
    assert all(clock.now - one.decided <= 8.0 for one in taken)
    known = [one.people for one in taken if one.people]
    assert len(known) == len(set(known))
    assert len(taken) + sum(queue.dropped.values()) == len(arrivals)


# The worker --------------------------------------------------------------------------------


class Voice:
    """Collects what is said; waits at each line while it is held."""

    def __init__(self) -> None:
        self.queue = SpeechQueue(max_age=60.0)
        self.said: list[str] = []
        self.failures: list[str] = []
        self.free = threading.Event()
        self.free.set()
        self.worker = SpeechWorker(self.queue, self.say, self.failed)
        self.worker.start()

    def say(self, announcement: Announcement, line: Line) -> None:
        self.said.append(f"{line.language} {line.text}")
        if line.text == "broken":
            raise RuntimeError("no sound")
        while not self.free.wait(0.005):
            if self.queue.silent:
                return

    def failed(self, announcement: Announcement, line: Line, error: Exception) -> None:
        self.failures.append(str(error))

    def put(self, *people: str, languages: int = 1) -> None:
        self.queue.put(announcement(*people, decided=time.monotonic(), languages=languages))


@pytest.fixture
def voice() -> Iterator[Voice]:
    voice = Voice()
    yield voice
    assert voice.worker.stop()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_every_language_is_said_in_turn(voice: Voice) -> None:
    voice.put("a", languages=2)
    eventually(lambda: voice.said == ["l0 a", "l1 a"])


def test_a_failure_is_reported_and_the_next_is_said(voice: Voice) -> None:
    voice.put("broken", languages=2)
    voice.put("a")
    eventually(lambda: voice.said == ["l0 broken", "l1 broken", "l0 a"])
    assert voice.failures == ["no sound"] * 2


def test_thanks_come_after_the_sentence_that_is_spoken_not_after_all_languages(
    voice: Voice,
) -> None:
    voice.free.clear()
    voice.put("a", languages=3)
    eventually(lambda: len(voice.said) == 1)
    voice.put("b", "a")
    voice.free.set()
    eventually(lambda: len(voice.said) == 2)
    assert voice.said == ["l0 a", "l0 b+a"]


def test_stopping_does_not_wait_for_the_rest(voice: Voice) -> None:
    voice.free.clear()
    voice.put("a", languages=2)
    voice.put("b")
    eventually(lambda: len(voice.said) == 1)
    assert voice.worker.stop(2.0)
    assert voice.said == ["l0 a"]

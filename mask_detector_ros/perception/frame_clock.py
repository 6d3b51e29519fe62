# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The time of each frame: its stamp, or the time of its arrival where stamps contradict that.

Stamps of some drivers stand still, jump to and fro between two clocks, or go back every few frames,
while the images arrive steadily. Tracked by such stamps, every person would get a new id again
and again. No clock is read here: stamp and arrival are passed in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from statistics import median

from mask_detector_ros.perception.stamps import NO_STAMP

OUT_OF_ORDER_S = 0.1
"""A stamp at most this much before the last one is no jump: some cameras swap frames."""
MIN_FORWARD_S, FIRST_FORWARD_S, FORWARD_STEPS, MAX_RATE = 0.5, 3.0, 3.0, 4.0
"""A stamp ahead of its arrival by more than the first is a jump (by the second before the usual
step is known), if that is more than the third in usual steps, and if it is no bag that is played
at up to the fourth of its speed."""
LEAD_DECAY = 0.05
"""How much of a lead of stamps over arrivals is forgotten per second; after a burst of late images
the lead is back at once, which is no jump."""
STEPS = 5
"""Steps whose median is the usual one."""
STEADY_GAP_S = 2.0
"""After a longer time without an image a jump is no contradiction: the camera was restarted."""
KNOWN_S, KNOWN_FRAMES = 3.0, 20
"""After this much, a stamp before all others is the start of a bag or simulation."""
SETTLED_S, SETTLED_FRAMES = 1.0, 5
"""Stamps that jumped and go on steadily for this long have really jumped."""
MAX_JUMPS = 3
"""Jumps in a row, none of which settles, that are a contradiction."""
STILL_FRAMES, STILL_S = 3, 2 * OUT_OF_ORDER_S
"""Frames in a row, and their time, without a newer stamp: stamps stand still."""
ADVANCE_S, ADVANCE_FRAMES, MIN_ADVANCE, MAX_COUNTED_S = 0.5, 5, 0.05, 0.5
"""Over this time and number of frames, stamps must advance by this fraction of the time of arrival,
of which no gap counts for more than the last."""
RECOVERED_S, RECOVERED_FRAMES = 10.0, 20
"""After this much, steady stamps are used again."""
MIN_LOOP_S = 2.0
"""Stamps that jump back more often are a contradiction, and no bag in a loop."""
MIN_STEP_BACK_S = 1.0
"""How far the time of a frame goes back at least when stamps have really jumped back."""

STANDING = "image stamps stand still or hardly advance"
JUMPING = "image stamps jump to and fro"


@dataclass(frozen=True)
class FrameTime:
    """The time of a frame.

    Attributes:
        seconds: never before that of the last frame, unless ``jumped_back``.
        jumped_back: time starts again: a bag in a loop, a simulation or camera that was restarted.
    """

    seconds: float
    jumped_back: bool = False


class _State(Enum):
    STAMPS = auto()  # are used
    JUMPED = auto()  # have just jumped; arrivals are used until stamps settle or return
    ARRIVALS = auto()  # are used, since stamps contradict them


class FrameClock:
    """Decides for each frame which time the tracker uses.

    Attributes:
        problem: how stamps contradict the arrivals; empty while stamps are used.
    """

    def __init__(self) -> None:
        self.problem = ""
        self._state = _State.STAMPS
        self._started = False
        self._time = self._correction = 0.0
        """Time of a frame minus its stamp; not zero after stamps were not used for a while."""
        self._arrival = self._seen_s = 0.0
        self._unusable_at = self._jumped_back_at = -math.inf
        self._earliest = math.inf
        self._stamp: float | None = None
        self._lead = self._home = 0.0
        """How far stamps are ahead of arrivals, now and before they jumped."""
        self._left = math.inf  # the same before they really jumped
        self._steps: deque[float] = deque(maxlen=STEPS)
        self._jumps, self._jumped_at, self._settled_frames = 0, 0.0, 0
        self._newest = self._window_start = self._window_s = self._still_s = 0.0
        self._seen_frames = self._still_frames = self._window_frames = self._steady_frames = 0
        self._steady_since, self._steady_from = 0.0, math.nan

    @property
    def uses_stamp(self) -> bool:
        """Whether the time of the last frame is that of its stamp."""
        return self._state == _State.STAMPS and self._stamp is not None

    def update(self, stamp: float | None, arrival: float, unusable: str = NO_STAMP) -> FrameTime:
        """The time of the next frame.

        Args:
            stamp: in seconds of any clock; None if it cannot be used.
            arrival: when the image arrived, in seconds of a steady clock, or of simulated time
                where that is used: it may be paused, and start again.
            unusable: why the stamp cannot be used, as from ``read_stamp``.
        """
        if not self._started:
            self._begin(stamp, arrival)
            return FrameTime(self._time)
        elapsed = max(arrival - self._arrival, 0.0)
        restarted = arrival < self._arrival - OUT_OF_ORDER_S
        self._arrival = arrival
        self._seen_s, self._seen_frames = self._seen_s + elapsed, self._seen_frames + 1
        jumped_back = False
        if stamp is None:
            self._add_unusable(arrival, elapsed, unusable)
        elif self._stamp is None:
            self._add_first(stamp, arrival, elapsed)
        elif self._state == _State.ARRIVALS:
            self._time += elapsed
            self._try_to_recover(stamp, arrival, elapsed)
        else:
            jumped_back = self._add(stamp, arrival, elapsed, restarted)
        return FrameTime(self._time, jumped_back)

    # One frame ------------------------------------------------------------------------

    def _begin(self, stamp: float | None, arrival: float) -> None:
        self._started, self._arrival = True, arrival
        if stamp is None:
            self._unusable_at = self._seen_s
            return
        self._time = stamp
        self._start(stamp, arrival)

    def _add_unusable(self, arrival: float, elapsed: float, reason: str) -> None:
        self._time += elapsed
        if self._seen_s - self._unusable_at <= RECOVERED_S or self._state == _State.ARRIVALS:
            self._distrust(reason, arrival)
        self._unusable_at = self._seen_s

    def _add_first(self, stamp: float, arrival: float, elapsed: float) -> None:
        """The first stamp, after frames without one: a simulation that starts at zero has one."""
        self._start(stamp, arrival)
        before, self._time = self._time, self._time + elapsed
        if self._state == _State.STAMPS:
            starts_at_zero = stamp <= FIRST_FORWARD_S
            self._correction = 0.0 if starts_at_zero else self._time - stamp
            self._time = max(before, stamp + self._correction)

    def _add(self, stamp: float, arrival: float, elapsed: float, restarted: bool) -> bool:
        """A frame with a stamp; returns whether time starts again."""
        assert self._stamp is not None
        step, lead = stamp - self._stamp, stamp - arrival
        back = step < -OUT_OF_ORDER_S
        was_back = self._state == _State.JUMPED and self._lead < self._home
        if (back or was_back) and self._starts_again(stamp, elapsed, restarted):
            return self._go_back(stamp, arrival)
        jump = back or self._jumps_ahead(step, lead, elapsed)
        before, self._stamp = self._time, stamp
        self._time += elapsed
        if self._state == _State.JUMPED and abs(lead - self._home) < abs(lead - self._lead):
            self._distrust(JUMPING, arrival)
            return False
        if jump and elapsed <= STEADY_GAP_S:
            self._jump(stamp, arrival)
            return False
        self._lead = max(lead, self._lead - LEAD_DECAY * elapsed)
        self._steps.append(abs(step))
        if self._stands_still(stamp, elapsed):
            self._distrust(STANDING, arrival)
        elif self._state == _State.STAMPS or self._settled(elapsed):
            if was_back:
                return self._go_back(stamp, arrival)
            if self._state == _State.JUMPED:
                self._state, self._left = _State.STAMPS, self._home
            self._time = max(before, stamp + self._correction)
            self._earliest = min(self._earliest, stamp)
        return False

    def _jump(self, stamp: float, arrival: float) -> None:
        """Stamps jumped from the lead that they had over arrivals to another one."""
        returned = abs(stamp - arrival - self._left) < abs(stamp - arrival - self._lead) / 2
        if self._state == _State.STAMPS:
            self._home, self._jumps = self._lead, 0
        self._state, self._jumps = _State.JUMPED, self._jumps + 1
        self._lead, self._newest = stamp - arrival, stamp
        self._jumped_at, self._settled_frames = self._seen_s, 0
        self._start_window()
        if self._jumps >= MAX_JUMPS or returned:
            self._distrust(JUMPING, arrival)

    def _jumps_ahead(self, step: float, lead: float, elapsed: float) -> bool:
        """Whether stamps are too far ahead of the arrivals for any speed of a bag."""
        limit = FIRST_FORWARD_S
        if self._steps:
            limit = max(MIN_FORWARD_S, FORWARD_STEPS * median(self._steps))
        return step > max(MIN_FORWARD_S, MAX_RATE * elapsed) and lead - self._lead > limit

    def _starts_again(self, stamp: float, elapsed: float, restarted: bool) -> bool:
        """Whether it is plain from this frame alone that stamps have really jumped back."""
        known = self._seen_s >= KNOWN_S and self._seen_frames >= KNOWN_FRAMES
        first_again = known and stamp <= self._earliest + MIN_FORWARD_S
        return restarted or elapsed > STEADY_GAP_S or first_again

    def _settled(self, elapsed: float) -> bool:
        """Count a frame whose stamp goes on steadily after a jump."""
        self._settled_frames += 1
        lasting = self._seen_s - self._jumped_at >= SETTLED_S
        return elapsed > STEADY_GAP_S or (lasting and self._settled_frames >= SETTLED_FRAMES)

    def _stands_still(self, stamp: float, elapsed: float) -> bool:
        """Whether stamps do not advance as time does."""
        if stamp > self._newest:
            self._newest, self._still_s, self._still_frames = stamp, 0.0, 0
        elif elapsed > 0.0:
            self._still_s, self._still_frames = self._still_s + elapsed, self._still_frames + 1
        self._window_s += min(elapsed, MAX_COUNTED_S)
        self._window_frames += 1
        still = self._still_frames >= STILL_FRAMES and self._still_s >= STILL_S
        if self._window_s >= ADVANCE_S and self._window_frames >= ADVANCE_FRAMES:
            still |= self._newest - self._window_start < MIN_ADVANCE * self._window_s
            self._start_window()
        return still

    # Changes of the state -------------------------------------------------------------

    def _start(self, stamp: float | None, arrival: float) -> None:
        """Start to compare stamps with arrivals, from this frame on."""
        self._stamp, self._steady_from = stamp, math.nan if stamp is None else stamp
        self._lead = self._home = 0.0 if stamp is None else stamp - arrival
        self._steps.clear()
        self._jumps = self._still_frames = self._steady_frames = 0
        self._steady_since, self._still_s = arrival, 0.0
        self._newest = -math.inf if stamp is None else stamp
        if stamp is not None and self._state == _State.STAMPS:
            self._earliest = min(self._earliest, stamp)
        self._start_window()

    def _start_window(self) -> None:
        self._window_start, self._window_s, self._window_frames = self._newest, 0.0, 0

    def _distrust(self, problem: str, arrival: float) -> None:
        """Use arrivals from now on."""
        self._state, self.problem = _State.ARRIVALS, problem
        self._start(self._stamp, arrival)

    def _go_back(self, stamp: float, arrival: float) -> bool:
        """Time starts again at this frame, unless it has just done so."""
        at = self._jumped_at if self._state == _State.JUMPED else self._seen_s
        if at - self._jumped_back_at < MIN_LOOP_S:
            self._stamp = stamp
            self._distrust(JUMPING, arrival)
            return False
        self._jumped_back_at = at
        self._left = self._home if self._state == _State.JUMPED else self._lead
        self._state = _State.STAMPS
        self._start(stamp, arrival)
        self._correction = min(0.0, self._time - MIN_STEP_BACK_S - stamp)
        self._time = stamp + self._correction
        return True

    def _try_to_recover(self, stamp: float, arrival: float, elapsed: float) -> None:
        """Use stamps again once they have been steady long enough."""
        assert self._stamp is not None
        step, lead = stamp - self._stamp, stamp - arrival
        if step <= 0.0 or self._jumps_ahead(step, lead, elapsed):
            self._start(stamp, arrival)
            return
        self._stamp, self._lead = stamp, max(lead, self._lead)
        self._steps.append(step)
        self._steady_frames += 1
        seconds, advance = arrival - self._steady_since, stamp - self._steady_from
        enough = self._steady_frames >= RECOVERED_FRAMES and advance >= MIN_ADVANCE * seconds
        if seconds >= RECOVERED_S and enough:
            self._state, self.problem = _State.STAMPS, ""
            self._correction = self._time - stamp
            self._start(stamp, arrival)


def stamps_problem(frames: Iterable[tuple[float | None, float]], unusable: str = NO_STAMP) -> str:
    """How the stamps of a sample of images contradict their arrivals; empty if they do not.

    Args:
        frames: stamp and arrival of each image of a second at least, as in ``FrameClock.update``.
        unusable: likewise.
    """
    clock, found = FrameClock(), ""
    for stamp, arrival in frames:
        clock.update(stamp, arrival, unusable)
        found = clock.problem or found
    return found

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one table of the patrol's behavior. ``transitions_page`` draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mask_detector_ros.patrol import guards as when
from mask_detector_ros.patrol.interface import State
from mask_detector_ros.patrol.situation import Situation

WORKING = (
    State.PATROL,
    State.APPROACH,
    State.REMIND,
    State.WAIT,
    State.THANK,
    State.GIVE_UP,
    State.RESUME,
)
ON_PATROL = (State.PATROL, State.RESUME)
NO_IMAGES = "no camera images"
ENCOUNTER = (State.REMIND, State.WAIT)


@dataclass(frozen=True)
class Transition:
    """One row.

    Attributes:
        sources: in which states it is looked at.
        guard: whether it is taken.
        target: the state it leads to.
        words: why, as the status and the log say it.
        left_be: name of the memory setting that says for how long the people concerned are
            left be; empty: not for this.
    """

    sources: tuple[State, ...]
    guard: Callable[[Situation], bool]
    target: State
    words: str
    left_be: str = ""

    @property
    def condition(self) -> str:
        """What the guard says of itself."""
        return " ".join((self.guard.__doc__ or "").split())


def _row(
    sources: State | tuple[State, ...],
    guard: Callable[[Situation], bool],
    target: State,
    words: str,
    left_be: str = "",
) -> Transition:
    return Transition(
        (sources,) if isinstance(sources, State) else sources, guard, target, words, left_be
    )


PATROL, APPROACH, REMIND, WAIT, THANK, GIVE_UP, RESUME, PAUSED, FAULT = State

TRANSITIONS = (
    _row((*WORKING, FAULT), when.pause_asked, PAUSED, "told to pause"),
    _row(PAUSED, when.resume_asked, RESUME, "told to go on"),
    _row(ON_PATROL, when.camera_not_there, FAULT, f"{NO_IMAGES} yet"),
    _row(WORKING, when.camera_silent, FAULT, NO_IMAGES),
    _row(WORKING, when.pose_missing, FAULT, "the robot's own pose is unknown"),
    _row(FAULT, when.works_again_after_asking, WAIT, "back to those who were asked"),
    _row(FAULT, when.works_again, RESUME, "trying again"),
    # From waypoint to waypoint.
    _row(ON_PATROL, when.navigation_gone, FAULT, "there is no navigation"),
    _row(ON_PATROL, when.waypoints_failing, FAULT, "one waypoint after the other is not reached"),
    _row(ON_PATROL, when.skip_asked, PATROL, "told to skip the waypoint"),
    _row(ON_PATROL, when.waypoint_failed, PATROL, "the waypoint cannot be reached; the next one"),
    _row(ON_PATROL, when.waypoint_overdue, PATROL, "the waypoint takes too long; the next one"),
    _row(ON_PATROL, when.somebody_to_remind, APPROACH, "somebody is to be reminded"),
    _row(RESUME, when.waypoint_reached, PATROL, "back at the interrupted waypoint"),
    _row(PATROL, when.looked_around, PATROL, "on to the next waypoint"),
    # On the way to somebody.
    _row(APPROACH, when.skip_asked, GIVE_UP, "told to leave this person be", "person_seconds"),
    _row(
        APPROACH,
        when.complied_unasked,
        RESUME,
        "the mask was put on unasked: no reminder was given, so no thanks either",
    ),
    _row(
        APPROACH,
        when.exempt,
        RESUME,
        "no reminder is in place there, or not any more",
        "lost_retry",
    ),
    _row(APPROACH, when.walks_away, GIVE_UP, "the person walks away", "leaving_retry"),
    _row(APPROACH, when.out_of_sight, GIVE_UP, "the person is out of sight", "lost_retry"),
    _row(APPROACH, when.within_reach, REMIND, "near enough to speak"),
    _row(APPROACH, when.other_within_reach, APPROACH, "somebody else is near enough already"),
    _row(APPROACH, when.navigation_gone, GIVE_UP, "there is no navigation", "lost_retry"),
    _row(
        APPROACH,
        when.approach_failed,
        GIVE_UP,
        "the person cannot be reached",
        "unreachable_retry",
    ),
    _row(APPROACH, when.may_try_again, APPROACH, "the way failed; trying again from here"),
    _row(
        APPROACH,
        when.arrived_in_doubt,
        GIVE_UP,
        "arrived, but no violation is seen any more",
        "leaving_retry",
    ),
    _row(
        APPROACH,
        when.approach_overdue,
        GIVE_UP,
        "the way to the person takes too long",
        "unreachable_retry",
    ),
    # Face to face. Who was spoken to is left be for memory.person_seconds anyway.
    _row(REMIND, when.skip_asked, GIVE_UP, "told to leave this person be"),
    _row(REMIND, when.said, WAIT, "giving time to comply"),
    _row(WAIT, when.skip_asked, GIVE_UP, "told to leave this person be"),
    _row(WAIT, when.all_complied, THANK, "the mask is worn properly now"),
    _row(WAIT, when.complied_unthanked, RESUME, "the mask is worn properly now; no thanks"),
    _row(WAIT, when.walked_off, GIVE_UP, "walked away after the reminder"),
    _row(WAIT, when.all_out_of_sight, GIVE_UP, "out of sight after the reminder"),
    _row(WAIT, when.may_ask_again, REMIND, "asking once more"),
    _row(WAIT, when.some_complied, THANK, "some of the group wear their masks properly now"),
    _row(WAIT, when.patience_over, GIVE_UP, "asked, waited, and leaving it at that"),
    # And on.
    _row(THANK, when.said, RESUME, "going on"),
    _row(GIVE_UP, when.always, RESUME, "going on"),
)
"""In each state the first row whose guard holds is taken, one at a tick."""


def transition_from(state: State, situation: Situation) -> Transition | None:
    """The row to be taken now, if any."""
    for row in TRANSITIONS:
        if state in row.sources and row.guard(situation):
            return row
    return None

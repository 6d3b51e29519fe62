# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The state table of the patrol: from which states, when, to which state, doing what.

docs/patrol_states.md is generated from it by ``transitions_page``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mask_detector_ros.patrol import actions as do
from mask_detector_ros.patrol import guards as when
from mask_detector_ros.patrol.interface import Command, State
from mask_detector_ros.patrol.situation import Situation

PATROL, APPROACH, REMIND, WAIT, THANK, GIVE_UP, RESUME, PAUSED, FAULT = State

WORKING = (PATROL, APPROACH, REMIND, WAIT, THANK, GIVE_UP, RESUME)
ON_PATROL = (PATROL, RESUME)
ENCOUNTER = (REMIND, WAIT)
NO_IMAGES = "no camera images"


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    Attributes:
        sources: the states in which the guard is evaluated.
        guard: the condition under which the transition is taken.
        target: the next state.
        action: what is done on the way; its commands are the result of the tick.
        reason: why, for PatrolState.reason and the log.
        cooldown: name of the ``memory`` setting for the target's cooldown; empty: no cooldown.
        cooldown_doubles: whether the cooldown doubles each time in a row.
        with_detail: whether the navigation's error text is appended to the reason.
    """

    sources: tuple[State, ...]
    guard: Callable[[Situation], bool]
    target: State
    action: Callable[[Situation], list[Command]]
    reason: str
    cooldown: str = ""
    cooldown_doubles: bool = False
    with_detail: bool = False

    @property
    def condition(self) -> str:
        """The condition in words: the guard's docstring."""
        return " ".join((self.guard.__doc__ or "").split())

    @property
    def effect(self) -> str:
        """The action in words: its docstring."""
        return " ".join((self.action.__doc__ or "").split())


def _row(
    sources: State | tuple[State, ...],
    guard: Callable[[Situation], bool],
    target: State,
    action: Callable[[Situation], list[Command]],
    reason: str,
    cooldown: str = "",
    *,
    doubles: bool = False,
    detail: bool = False,
) -> Transition:
    sources = (sources,) if isinstance(sources, State) else sources
    return Transition(sources, guard, target, action, reason, cooldown, doubles, detail)


TRANSITIONS = (
    # Pause, input faults, recovery.
    _row((*WORKING, FAULT), when.pause_requested, PAUSED, do.pause, "paused by the operator"),
    _row(PAUSED, when.resume_requested, RESUME, do.resume_patrol, "resumed by the operator"),
    _row(ON_PATROL, when.no_image_yet, FAULT, do.stop_and_keep_group, f"{NO_IMAGES} yet"),
    _row(WORKING, when.camera_silent, FAULT, do.stop_and_keep_group, NO_IMAGES),
    _row(WORKING, when.pose_missing, FAULT, do.stop_and_keep_group, "the robot pose is unknown"),
    _row(
        FAULT,
        when.recovered_after_reminder,
        WAIT,
        do.return_to_group,
        "recovered; back to the reminded group",
    ),
    _row(FAULT, when.recovered, RESUME, do.resume_patrol, "recovered; trying again"),
    # From waypoint to waypoint.
    _row(
        ON_PATROL,
        when.navigation_unavailable,
        FAULT,
        do.wait_for_navigation,
        "navigation is unavailable",
        detail=True,
    ),
    _row(
        ON_PATROL,
        when.waypoints_failing,
        FAULT,
        do.skip_waypoint_and_wait,
        "several waypoints in a row failed",
        detail=True,
    ),
    _row(
        ON_PATROL,
        when.skip_requested,
        PATROL,
        do.next_waypoint,
        "waypoint skipped by the operator",
    ),
    _row(
        ON_PATROL,
        when.waypoint_failed,
        PATROL,
        do.skip_failed_waypoint,
        "the waypoint cannot be reached; next waypoint",
        detail=True,
    ),
    _row(
        ON_PATROL,
        when.waypoint_timeout,
        PATROL,
        do.skip_failed_waypoint,
        "timeout on the way to the waypoint; next waypoint",
    ),
    _row(
        ON_PATROL,
        when.candidate_available,
        APPROACH,
        do.select_target,
        "a person in violation is to be reminded",
    ),
    _row(RESUME, when.waypoint_reached, PATROL, do.nothing, "back at the interrupted waypoint"),
    _row(PATROL, when.waypoint_wait_over, PATROL, do.next_waypoint, "next waypoint"),
    # On the way to a target.
    _row(
        APPROACH,
        when.skip_requested,
        GIVE_UP,
        do.give_up_on_target,
        "person skipped by the operator",
        "reminded_cooldown",
    ),
    _row(
        APPROACH,
        when.target_complied,
        RESUME,
        do.resume_patrol,
        "the person put the mask on before a reminder; no thanks",
    ),
    _row(
        APPROACH,
        when.reminders_not_allowed,
        RESUME,
        do.resume_patrol,
        "reminders are not allowed here, or not at this time",
        "lost_cooldown",
    ),
    _row(
        APPROACH,
        when.target_leaving,
        GIVE_UP,
        do.give_up_on_target,
        "gave up: the person is walking away",
        "leaving_cooldown",
    ),
    _row(
        APPROACH,
        when.target_lost,
        GIVE_UP,
        do.give_up_on_target,
        "gave up: the person is out of sight",
        "lost_cooldown",
    ),
    _row(APPROACH, when.within_reach, REMIND, do.remind, "within speaking distance"),
    _row(
        APPROACH,
        when.other_within_reach,
        APPROACH,
        do.select_target,
        "another person in violation is within speaking distance",
    ),
    _row(
        APPROACH,
        when.navigation_unavailable,
        GIVE_UP,
        do.give_up_on_target,
        "gave up: navigation is unavailable",
        "lost_cooldown",
        detail=True,
    ),
    _row(
        APPROACH,
        when.approach_failed,
        GIVE_UP,
        do.give_up_on_target,
        "gave up: the person cannot be reached",
        "unreachable_cooldown",
        doubles=True,
        detail=True,
    ),
    _row(
        APPROACH,
        when.may_retry,
        APPROACH,
        do.retry_approach,
        "navigation failed; new attempt from here",
    ),
    _row(
        APPROACH,
        when.violation_unconfirmed,
        GIVE_UP,
        do.give_up_on_target,
        "gave up: arrived, but the violation is not confirmed",
        "leaving_cooldown",
    ),
    _row(
        APPROACH,
        when.approach_timeout,
        GIVE_UP,
        do.give_up_on_target,
        "gave up: timeout on the way to the person",
        "unreachable_cooldown",
        doubles=True,
    ),
    # Encounter. Everyone reminded has the cooldown memory.reminded_cooldown anyway.
    _row(
        REMIND,
        when.skip_requested,
        GIVE_UP,
        do.give_up_on_group,
        "person skipped by the operator",
    ),
    _row(REMIND, when.speech_over, WAIT, do.nothing, "waiting for compliance"),
    _row(
        WAIT,
        when.skip_requested,
        GIVE_UP,
        do.give_up_on_group,
        "person skipped by the operator",
    ),
    _row(WAIT, when.all_complied, THANK, do.thank, "everyone complied"),
    _row(WAIT, when.complied_unthanked, RESUME, do.resume_patrol, "everyone complied; no thanks"),
    _row(
        WAIT,
        when.group_left,
        GIVE_UP,
        do.give_up_on_group,
        "gave up: walked away after the reminder",
    ),
    _row(
        WAIT,
        when.group_lost,
        GIVE_UP,
        do.give_up_on_group,
        "gave up: out of sight after the reminder",
    ),
    _row(WAIT, when.may_remind_again, REMIND, do.remind_again, "repeating the reminder"),
    _row(WAIT, when.some_complied, THANK, do.thank, "some of the group complied"),
    _row(
        WAIT,
        when.compliance_timeout,
        GIVE_UP,
        do.give_up_on_group,
        "gave up: no compliance after the reminder",
    ),
    # Back to the patrol.
    _row(THANK, when.speech_over, RESUME, do.resume_patrol, "resuming the patrol"),
    _row(GIVE_UP, when.always, RESUME, do.resume_patrol, "resuming the patrol"),
)
"""In each state the first row whose guard holds is taken, at most one per tick."""


def transition_from(state: State, situation: Situation) -> Transition | None:
    """The row to take; None to stay in the state."""
    for row in TRANSITIONS:
        if state in row.sources and row.guard(situation):
            return row
    return None

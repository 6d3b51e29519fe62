# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Guards of the state table: the conditions under which a transition is taken.

The docstrings are the condition column of docs/patrol_states.md.
"""

from __future__ import annotations

from mask_detector_ros.patrol.situation import Situation

# Operator, input and recovery --------------------------------------------------------


def pause_requested(s: Situation) -> bool:
    """The service `pause` was called."""
    return s.pause_requested


def resume_requested(s: Situation) -> bool:
    """The service `resume` was called."""
    return not s.pause_requested


def skip_requested(s: Situation) -> bool:
    """The service `skip` was called."""
    return s.skip_requested


def no_image_yet(s: Situation) -> bool:
    """No image has been processed since the start, for `health.camera_timeout`."""
    return not s.has_image and camera_silent(s)


def camera_silent(s: Situation) -> bool:
    """No current image has been processed for `health.camera_timeout`.

    An image is current if its age on arrival is at most `people.max_observation_age`.
    """
    return s.now - s.image_at > s.settings.health.camera_timeout


def pose_missing(s: Situation) -> bool:
    """The robot pose has been unknown for `health.pose_timeout`."""
    return s.now - s.robot_at > s.settings.health.pose_timeout


def recovered(s: Situation) -> bool:
    """Images and robot pose have been available for `health.settle_seconds`.

    After a navigation failure, also: `health.navigation_retry` has passed.
    """
    settled = s.now - s.last_input_fault >= s.settings.health.settle_seconds
    return settled and s.now >= s.retry_at


def recovered_after_reminder(s: Situation) -> bool:
    """As `recovered`, and the group was reminded at most `selection.memory_seconds` ago."""
    recent = s.settings.selection.memory_seconds
    return recovered(s) and any(s.now - person.reminded_at <= recent for person in s.group)


def navigation_unavailable(s: Situation) -> bool:
    """The goal ended UNAVAILABLE."""
    return s.driving.unavailable


# Waypoints ----------------------------------------------------------------------------


def waypoint_failed(s: Situation) -> bool:
    """The goal ended REJECTED, ABORTED or CANCELED."""
    return s.driving.failed


def waypoint_timeout(s: Situation) -> bool:
    """The waypoint was not reached within `health.waypoint_timeout`."""
    return s.driving.moving and s.now - s.driving.sent > s.settings.health.waypoint_timeout


def waypoints_failing(s: Situation) -> bool:
    """The waypoint failed or timed out, as the `health.waypoint_failures`-th in a row."""
    failed = waypoint_failed(s) or waypoint_timeout(s)
    return failed and s.failures + 1 >= s.settings.health.waypoint_failures


def waypoint_reached(s: Situation) -> bool:
    """The goal ended REACHED."""
    return s.driving.arrived is not None


def waypoint_wait_over(s: Situation) -> bool:
    """The robot has been at the waypoint for its `wait`, and the plan has another waypoint."""
    if s.driving.arrived is None or len(s.plan.waypoints) == 1:
        return False
    return s.now - s.driving.arrived >= s.next_waypoint.wait


def candidate_available(s: Situation) -> bool:
    """There is a candidate.

    A candidate is in violation for `selection.violation_seconds`, localized within
    `selection.max_position_std`, in `selection.max_range`, in a place and at a time where reminders
    are allowed, not walking away, reminded less often than `reminders.max_per_person` and not in
    cooldown; and in sight, or standing when last seen at most `selection.memory_seconds` ago.
    """
    return bool(s.to_remind)


# Approach -----------------------------------------------------------------------------


def target_complied(s: Situation) -> bool:
    """The target has worn the mask correctly for `reminders.compliance_seconds`."""
    return s.target is not None and s.target.complied(s.settings.reminders.compliance_seconds)


def reminders_not_allowed(s: Situation) -> bool:
    """Quiet hours have begun, or the target is where no masks are required."""
    position = s.target.position if s.target is not None else None
    return s.quiet or (position is not None and not s.plan.masks_required(position))


def target_leaving(s: Situation) -> bool:
    """The target has walked `people.leaving_distance` away at `people.leaving_speed` or more."""
    return s.target is not None and s.target.is_leaving(s.settings.people)


def target_lost(s: Situation) -> bool:
    """The target has been out of sight for `approach.lost_timeout`.

    While the robot drives, this holds only if another candidate is in sight. After arrival, the
    robot first waits for `approach.lost_timeout` at the stand-off.
    """
    if s.target is None or not s.lost(s.target) or s.driving.failed:
        return False
    if s.driving.moving:
        return bool(s.others_in_sight)
    arrived = s.driving.arrived
    return arrived is None or s.now - arrived > s.settings.approach.lost_timeout


def within_reach(s: Situation) -> bool:
    """The target is within speaking distance and its violation is observed now.

    Speaking distance is `approach.stand_off` plus `approach.tolerance`; after arrival
    `approach.stand_off` plus `approach.arrived_tolerance`.
    """
    if s.target is None or not s.may_address(s.target):
        return False
    return s.within_reach(s.target, arrived=s.driving.arrived is not None)


def other_within_reach(s: Situation) -> bool:
    """Another candidate in sight is within speaking distance."""
    return any(s.within_reach(person) for person in s.others_in_sight)


def approach_failed(s: Situation) -> bool:
    """The goal ended REJECTED, ABORTED or CANCELED for the `approach.attempts`-th time.

    Or less often, and the target has been out of sight for `approach.lost_timeout`.
    """
    if s.target is None or not s.driving.failed:
        return False
    return s.attempts + 1 >= s.settings.approach.attempts or s.lost(s.target)


def may_retry(s: Situation) -> bool:
    """The goal failed less often, `approach.retry_delay` ago, and the target is in sight."""
    if s.target is None or s.driving.ended is None or not s.driving.failed:
        return False
    waited = s.now - s.driving.ended >= s.settings.approach.retry_delay
    return waited and s.target.in_sight(s.now, s.settings.people)


def violation_unconfirmed(s: Situation) -> bool:
    """The robot arrived, and the target is in sight for `approach.unknown_timeout` unreminded.

    Its violation is not observed any more, or it is beyond speaking distance.
    """
    if s.target is None or s.driving.arrived is None:
        return False
    waited = s.now - max(s.driving.arrived, s.target.id_since)
    in_sight = s.target.in_sight(s.now, s.settings.people)
    return in_sight and waited > s.settings.approach.unknown_timeout


def approach_timeout(s: Situation) -> bool:
    """The approach has lasted for `approach.timeout`."""
    return s.time_in_state > s.settings.approach.timeout


# Encounter ----------------------------------------------------------------------------


def speech_over(s: Situation) -> bool:
    """`reminders.speaking_seconds` have passed."""
    return s.time_in_state >= s.settings.reminders.speaking_seconds


def all_complied(s: Situation) -> bool:
    """Everyone reminded has complied or left, and one who complied may be thanked."""
    return s.nobody_left and bool(s.to_thank)


def complied_unthanked(s: Situation) -> bool:
    """As `all_complied`, but thanks are off, hours are quiet, or no one to thank is in sight."""
    return s.nobody_left and bool(s.complied)


def group_left(s: Situation) -> bool:
    """No one complied, and everyone reminded is walking away or out of sight."""
    return s.nobody_left and not all(s.lost(person) for person in s.group)


def group_lost(s: Situation) -> bool:
    """No one complied, and everyone reminded is out of sight for `approach.lost_timeout`."""
    return all(s.lost(person) for person in s.group)


def may_remind_again(s: Situation) -> bool:
    """`reminders.compliance_timeout` has passed, and a person may be reminded once more.

    The person is within speaking distance, in violation now, and was reminded less often than
    `reminders.max_per_person`.
    """
    return compliance_timeout(s) and bool(s.to_ask_again)


def some_complied(s: Situation) -> bool:
    """`reminders.compliance_timeout` has passed, and one who complied may be thanked."""
    return compliance_timeout(s) and bool(s.to_thank)


def compliance_timeout(s: Situation) -> bool:
    """`reminders.compliance_timeout` has passed."""
    return s.time_in_state >= s.settings.reminders.compliance_timeout


def always(s: Situation) -> bool:
    """Immediately."""
    return True

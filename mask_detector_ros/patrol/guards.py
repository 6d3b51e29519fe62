# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The conditions of the transitions. What each says of itself is in the documentation."""

from __future__ import annotations

from mask_detector_ros.patrol.situation import Situation


def pause_asked(s: Situation) -> bool:
    """`pause` was called."""
    return s.pause_asked


def resume_asked(s: Situation) -> bool:
    """`resume` was called."""
    return not s.pause_asked


def skip_asked(s: Situation) -> bool:
    """`skip` was called."""
    return s.skip_asked


def camera_not_there(s: Situation) -> bool:
    """No processed image since the start, for `health.camera_timeout`."""
    return not s.filmed and camera_silent(s)


def camera_silent(s: Situation) -> bool:
    """No fresh processed image for `health.camera_timeout`.

    Fresh is one that was taken not more than `people.fresh_seconds` before it came.
    """
    return s.now - s.frame_at > s.settings.health.camera_timeout


def pose_missing(s: Situation) -> bool:
    """No pose of the robot for `health.pose_timeout`."""
    return s.now - s.robot_at > s.settings.health.pose_timeout


def works_again(s: Situation) -> bool:
    """Images and pose have been there for `health.settle_seconds`.

    And a navigation that failed has been left alone for `health.navigation_retry`.
    """
    return s.now - s.blind_at >= s.settings.health.settle_seconds and s.now >= s.retry_at


def works_again_after_asking(s: Situation) -> bool:
    """The same, and those asked just before were asked `choice.remember_seconds` ago at most."""
    lately = s.settings.choice.remember_seconds
    return works_again(s) and any(s.now - person.reminded_at <= lately for person in s.group)


def navigation_gone(s: Situation) -> bool:
    """The goal ended UNAVAILABLE."""
    return s.driving.unavailable


def waypoint_failed(s: Situation) -> bool:
    """The goal ended REJECTED, ABORTED or CANCELED."""
    return s.driving.failed


def waypoint_overdue(s: Situation) -> bool:
    """Under way to the waypoint for `health.waypoint_timeout`."""
    return s.driving.moving and s.now - s.driving.sent > s.settings.health.waypoint_timeout


def waypoints_failing(s: Situation) -> bool:
    """The waypoint failed or is overdue, as `health.waypoint_failures` in a row now."""
    failed = waypoint_failed(s) or waypoint_overdue(s)
    return failed and s.failures + 1 >= s.settings.health.waypoint_failures


def waypoint_reached(s: Situation) -> bool:
    """The goal ended REACHED."""
    return s.driving.arrived is not None


def looked_around(s: Situation) -> bool:
    """At the waypoint for its `wait`, and there is more than one waypoint."""
    if s.driving.arrived is None or len(s.plan.waypoints) == 1:
        return False
    return s.now - s.driving.arrived >= s.next_waypoint.wait


def somebody_to_remind(s: Situation) -> bool:
    """Somebody is a candidate.

    In steady violation, well enough placed, in range, where and when masks are required, not
    leaving, and not left be for now. In sight, or standing there not more than
    `choice.remember_seconds` ago.
    """
    return bool(s.to_remind)


def complied_unasked(s: Situation) -> bool:
    """The person has worn the mask correctly for `reminders.comply_seconds`."""
    return s.target is not None and s.target.complied(s.settings.reminders.comply_seconds)


def exempt(s: Situation) -> bool:
    """Quiet hours have begun, or the person is in no zone with masks any more."""
    position = s.target.position if s.target is not None else None
    return s.quiet or (position is not None and not s.plan.masks_required(position))


def walks_away(s: Situation) -> bool:
    """Away from the robot at `people.leaving_speed` for `people.leaving_distance`."""
    return s.target is not None and s.target.leaving(s.settings.people)


def out_of_sight(s: Situation) -> bool:
    """The person has not been seen for `approach.lost_seconds`.

    Not on the way to where the person was last, unless there is somebody else to remind; and
    not before having stood there for as long.
    """
    if s.target is None or not s.lost(s.target) or s.driving.failed:
        return False
    if s.driving.moving:
        return bool(s.others_in_sight)
    arrived = s.driving.arrived
    return arrived is None or s.now - arrived > s.settings.approach.lost_seconds


def within_reach(s: Situation) -> bool:
    """Near enough to speak, and the violation is seen at this moment.

    Near enough is `approach.stand_off` and `approach.tolerance`; having arrived,
    `approach.stand_off` and `approach.arrived_tolerance`.
    """
    if s.target is None or not s.may_address(s.target):
        return False
    return s.within_reach(s.target, arrived=s.driving.arrived is not None)


def other_within_reach(s: Situation) -> bool:
    """Somebody else to be reminded is near enough already."""
    return any(s.within_reach(person) for person in s.others_in_sight)


def approach_failed(s: Situation) -> bool:
    """The goal ended REJECTED, ABORTED or CANCELED, for the `approach.attempts`-th time.

    Or less often, and the person has not been seen for `approach.lost_seconds`.
    """
    if s.target is None or not s.driving.failed:
        return False
    return s.attempts + 1 >= s.settings.approach.attempts or s.lost(s.target)


def may_try_again(s: Situation) -> bool:
    """The goal ended so less often, `approach.retry_seconds` ago, and the person is in sight."""
    if s.target is None or s.driving.ended is None or not s.driving.failed:
        return False
    waited = s.now - s.driving.ended >= s.settings.approach.retry_seconds
    return waited and s.target.fresh(s.now, s.settings.people)


def arrived_in_doubt(s: Situation) -> bool:
    """Arrived, and the person, in sight for `approach.look_seconds`, is not to be asked.

    The violation cannot be told any more, or it is too far off.
    """
    if s.target is None or s.driving.arrived is None:
        return False
    looking = s.now - max(s.driving.arrived, s.target.appeared)
    in_sight = s.target.fresh(s.now, s.settings.people)
    return in_sight and looking > s.settings.approach.look_seconds


def approach_overdue(s: Situation) -> bool:
    """On the way for `approach.timeout`."""
    return s.time_in_state > s.settings.approach.timeout


def said(s: Situation) -> bool:
    """`reminders.speaking_seconds` are over."""
    return s.time_in_state >= s.settings.reminders.speaking_seconds


def all_complied(s: Situation) -> bool:
    """Everybody spoken to has complied or gone, and somebody who complied may be thanked."""
    return s.nobody_left and bool(s.to_thank)


def complied_unthanked(s: Situation) -> bool:
    """The same, but thanks are turned off, hours are quiet, or nobody is there to hear it."""
    return s.nobody_left and bool(s.complied)


def walked_off(s: Situation) -> bool:
    """Nobody complied, and everybody spoken to walks away or has left."""
    return s.nobody_left and not all(s.lost(person) for person in s.group)


def all_out_of_sight(s: Situation) -> bool:
    """Nobody complied, and for `approach.lost_seconds` nobody spoken to was seen."""
    return all(s.lost(person) for person in s.group)


def may_ask_again(s: Situation) -> bool:
    """`reminders.patience` is over, and somebody may be asked once more.

    That is: near, seen to violate at this moment, and reminded less often than
    `reminders.per_person`.
    """
    return s.time_in_state >= s.settings.reminders.patience and bool(s.to_ask_again)


def some_complied(s: Situation) -> bool:
    """`reminders.patience` is over, some of the group complied and may be thanked."""
    return s.time_in_state >= s.settings.reminders.patience and bool(s.to_thank)


def patience_over(s: Situation) -> bool:
    """`reminders.patience` is over."""
    return s.time_in_state >= s.settings.reminders.patience


def always(s: Situation) -> bool:
    """At once."""
    return True

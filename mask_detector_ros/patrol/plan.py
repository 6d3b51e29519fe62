# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol plan: waypoints, zones and quiet hours, from a YAML file."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mask_detector_ros.frames import frame_name
from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.yaml_reader import Value, read_yaml


class PlanError(ValueError):
    """An invalid plan; the message names the file, the line and what was expected."""


@dataclass(frozen=True)
class Waypoint:
    """A stop of the patrol.

    Attributes:
        name: unique in the plan.
        pose: goal pose in the plan's frame.
        wait: seconds to stay there.
    """

    name: str
    pose: Pose
    wait: float = 0.0


@dataclass(frozen=True)
class Zone:
    """A polygon on the floor in which masks are required, or not.

    Attributes:
        name: unique in the plan.
        masks_required: whether reminders are allowed here.
        corners: of the polygon, three or more; the last is connected to the first.
    """

    name: str
    masks_required: bool
    corners: tuple[Point, ...]

    @property
    def sides(self) -> Iterator[tuple[Point, Point]]:
        """The sides as pairs of corners, the closing side included."""
        return zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True)

    @property
    def area(self) -> float:
        """Square meters, for a polygon that does not intersect itself."""
        return abs(sum(a.x * b.y - b.x * a.y for a, b in self.sides)) / 2.0

    def contains(self, point: Point) -> bool:
        """Whether the point lies inside (even-odd rule)."""
        inside = False
        for a, b in self.sides:
            if (a.y > point.y) != (b.y > point.y):
                crossing = a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x)
                inside ^= point.x < crossing
        return inside


@dataclass(frozen=True)
class QuietHours:
    """Daily interval from ``start`` to before ``end``; may cross midnight."""

    start: datetime.time
    end: datetime.time

    def contains(self, time: datetime.time) -> bool:
        """Whether a time of day is in the interval."""
        if self.start <= self.end:
            return self.start <= time < self.end
        return time >= self.start or time < self.end


@dataclass(frozen=True)
class Plan:
    """Where to patrol, and where and when reminders are allowed.

    Attributes:
        waypoints: at least one, visited in a cycle. With a single one the robot stays there.
        zones: without zones masks are required everywhere. Where zones overlap, one with
            ``masks_required: false`` takes precedence. If any zone requires masks, they are
            required in such zones only.
        quiet_hours: times at which the robot patrols without speaking.
        frame: frame of all coordinates.
    """

    waypoints: tuple[Waypoint, ...]
    zones: tuple[Zone, ...] = ()
    quiet_hours: tuple[QuietHours, ...] = ()
    frame: str = "map"

    def masks_required(self, point: Point) -> bool:
        """Whether a mask is required at a position."""
        here = [zone.masks_required for zone in self.zones if zone.contains(point)]
        if here:
            return all(here)
        return not any(zone.masks_required for zone in self.zones)

    def quiet(self, time: datetime.time | None) -> bool:
        """Whether a time of day is in the quiet hours; False when it is None."""
        return time is not None and any(hours.contains(time) for hours in self.quiet_hours)


def load_plan(path: Path) -> Plan:
    """Read a plan from a YAML file; ``config/patrol_plan.yaml`` is an example.

    Raises:
        PlanError: the plan cannot be read or is invalid: ``file:line: problem; expected ...``.
    """
    entries = read_yaml(path, PlanError).mapping(
        "the plan", required=("waypoints",), optional=("frame", "zones", "quiet_hours")
    )
    zones, quiet, frame = (entries.get(key) for key in ("zones", "quiet_hours", "frame"))
    return Plan(
        waypoints=_named(entries["waypoints"].items("waypoints", "waypoints", 1), _waypoint),
        zones=_named(zones.items("zones", "zones"), _zone) if zones else (),
        quiet_hours=tuple(
            _quiet_hours(item)
            for item in (quiet.items("quiet_hours", "start and end times") if quiet else ())
        ),
        frame=frame_name(frame.text("frame")) if frame else "map",
    )


_Named = TypeVar("_Named", Waypoint, Zone)


def _named(items: list[Value], read: Callable[[Value], _Named]) -> tuple[_Named, ...]:
    """Read all items; names must be unique."""
    result: list[_Named] = []
    for item in items:
        one = read(item)
        if any(one.name == other.name for other in result):
            item.fail(f"the name {one.name!r} is used twice", "unique names")
        result.append(one)
    return tuple(result)


def _waypoint(item: Value) -> Waypoint:
    entries = item.mapping("a waypoint", ("name", "x", "y"), ("yaw", "wait"))
    yaw, wait = entries.get("yaw"), entries.get("wait")
    return Waypoint(
        name=entries["name"].text("name"),
        pose=Pose(
            x=entries["x"].number("x"),
            y=entries["y"].number("y"),
            yaw=yaw.number("yaw") if yaw else 0.0,
        ),
        wait=wait.number("wait", low=0.0) if wait else 0.0,
    )


def _zone(item: Value) -> Zone:
    entries = item.mapping("a zone", ("name", "masks_required", "corners"))
    corners = entries["corners"].items("corners", "corners [x, y]", 3)
    zone = Zone(
        name=entries["name"].text("name"),
        masks_required=entries["masks_required"].flag("masks_required"),
        corners=tuple(_corner(corner) for corner in corners),
    )
    if zone.area == 0.0:
        entries["corners"].fail(f"zone {zone.name!r} has no area", "corners that enclose an area")
    return zone


def _corner(item: Value) -> Point:
    numbers = item.items("a corner", "x and y", 2)
    if len(numbers) != 2:
        item.fail(f"a corner has {len(numbers)} numbers", "two, x and y")
    return Point(numbers[0].number("x of a corner"), numbers[1].number("y of a corner"))


def _quiet_hours(item: Value) -> QuietHours:
    entries = item.mapping("quiet hours", ("start", "end"))
    start, end = (_time(entries[key], key) for key in ("start", "end"))
    if start == end:
        item.fail("quiet hours end when they start", "two different times")
    return QuietHours(start, end)


def _time(item: Value, what: str) -> datetime.time:
    text = item.text(what)
    # Not fromisoformat: the accepted formats differ between Python versions.
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if match is None:
        item.fail(f"{what} is {text!r}", "a time of day such as 22:30")
    return datetime.time(int(match[1]), int(match[2]))

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plan files: values, defaults and errors."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.patrol.plan import Plan, PlanError, QuietHours, Waypoint, Zone, load_plan

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "patrol_plan.yaml"
WAYPOINT = "waypoints: [{name: a, x: 1, y: 2}]\n"


def read(tmp_path: Path, text: str | bytes) -> Plan:
    path = tmp_path / "plan.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_plan(path)


def test_the_example_loads() -> None:
    plan = load_plan(EXAMPLE)
    assert plan.frame == "map"
    assert [waypoint.name for waypoint in plan.waypoints] == ["entrance", "hall", "lifts", "desk"]
    assert plan.waypoints[1] == Waypoint("hall", Pose(8.0, 1.5, 1.57), 2.0)
    assert plan.masks_required(Point(1.5, 1.5))
    assert not plan.masks_required(Point(4.0, 7.0)), "the cafeteria"
    assert not plan.masks_required(Point(-1.0, 1.0)), "outside"
    assert plan.quiet(datetime.time(23, 30))
    assert plan.quiet(datetime.time(6, 29))
    assert not plan.quiet(datetime.time(6, 30))
    assert not plan.quiet(None)


def test_the_frame_has_no_leading_slash(tmp_path: Path) -> None:
    assert read(tmp_path, "frame: /map\n" + WAYPOINT).frame == "map"


def test_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, WAYPOINT) == Plan((Waypoint("a", Pose(1.0, 2.0, 0.0), 0.0),))


@pytest.mark.parametrize(
    ("text", "line", "wrong", "expected"),
    [
        ("", 1, "empty", "YAML"),
        ("- 1\n", 1, "the plan is a list", "a mapping with the keys waypoints, frame"),
        ("frame: map\n", 1, "lacks the key waypoints", "the keys waypoints"),
        ("waypoints: []\n", 1, "has 0 items", "at least 1 waypoints"),
        (WAYPOINT + "fram: map\n", 2, "unknown key 'fram'", "only waypoints, frame"),
        (WAYPOINT + WAYPOINT, 2, "the key waypoints twice", "once"),
        ("waypoints:\n- {name: a, x: 1}\n", 2, "lacks the key y", "the keys name, x, y"),
        ("waypoints:\n- name: a\n  x: 1\n  y: left\n", 4, "y is 'left'", "a number"),
        ("waypoints:\n- name: a\n  x: .nan\n  y: 1\n", 3, "x is '.nan'", "a number"),
        ("waypoints:\n- name: a\n  x: 1e999\n  y: 1\n", 3, "x is '1e999'", "a number"),
        ("waypoints:\n- name: a\n  x: '1'\n  y: 1\n  wait: -2\n", 3, "x is '1'", "a number"),
        ("waypoints:\n- name: a\n  x: 1\n  y: 1\n  wait: -2\n", 5, "wait is '-2'", "from 0 up"),
        (
            "waypoints:\n- {name: a, x: 1, y: 1}\n- {name: a, x: 2, y: 1}\n",
            3,
            "the name 'a' is used twice",
            "unique names",
        ),
        (
            WAYPOINT + "zones:\n- name: z\n  masks_required: maybe\n  corners: []\n",
            5,
            "has 0 items",
            "at least 3",
        ),
        (
            WAYPOINT + "zones:\n- name: z\n  masks_required: maybe\n"
            "  corners: [[0, 0], [1, 0], [1, 1]]\n",
            4,
            "masks_required is 'maybe'",
            "true or false",
        ),
        (
            WAYPOINT + "zones:\n- {name: z, masks_required: no, corners: [[0, 0], [1, 1], [2, 2]]}",
            3,
            "zone 'z' has no area",
            "corners that enclose an area",
        ),
        (
            WAYPOINT + "zones:\n- name: z\n  masks_required: no\n"
            "  corners:\n  - [0, 0]\n  - [1, 0]\n  - [1, 1, 1]\n",
            8,
            "a corner has 3 numbers",
            "two, x and y",
        ),
        (WAYPOINT + "quiet_hours:\n- {start: 25:00, end: 1:00}", 3, "start is '25:00'", "22:30"),
        (WAYPOINT + "quiet_hours:\n- {start: 1:00, end: 01:00}", 3, "end when they", "different"),
        (WAYPOINT + "quiet_hours: 22:00\n", 2, "quiet_hours is '22:00'", "a list of start and"),
        (WAYPOINT + "zones: [\n", 3, "", "YAML"),
        (WAYPOINT + "---\n" + WAYPOINT, 2, "another document", "YAML"),
    ],
)
def test_errors_name_the_file_the_line_and_what_was_expected(
    tmp_path: Path, text: str, line: int, wrong: str, expected: str
) -> None:
    with pytest.raises(PlanError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'plan.yaml'}:{line}: "), message
    problem, hint = message.split("; expected ")
    assert wrong in problem, message
    assert expected in hint, message
    assert "\n" not in message


def test_files_that_cannot_be_read_are_errors(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"nowhere.yaml: cannot be read: No such file"):
        load_plan(tmp_path / "nowhere.yaml")
    with pytest.raises(PlanError, match="cannot be read"):
        load_plan(tmp_path)
    with pytest.raises(PlanError, match=r"plan.yaml:2: .*UTF-8"):
        read(tmp_path, b"# a plan\nwaypoints: \xff\xfe\xff")
    with pytest.raises(PlanError, match="expected YAML"):
        read(tmp_path, "[" * 1000)
    with pytest.raises(PlanError, match=r"plan.yaml:2: .*expected YAML"):
        read(tmp_path, WAYPOINT + "\x00")
    with pytest.raises(PlanError, match="expected YAML"):
        read(tmp_path, WAYPOINT.replace("waypoints:", 'frame: "\\UFFFFFFFF"\nwaypoints:'))
    with pytest.raises(PlanError, match="whole characters"):
        read(tmp_path, 'waypoints:\n- {name: "\\ud800", x: 0, y: 0, yaw: 0}\n')


NUMBERS = st.one_of(st.integers(), st.floats(), st.just("1"), st.none())
CORNERS = st.lists(st.lists(NUMBERS, max_size=3), max_size=5)
PLANS = st.dictionaries(
    st.sampled_from(["waypoints", "zones", "quiet_hours", "frame", "other"]),
    st.one_of(
        st.text(max_size=5),
        st.lists(
            st.one_of(
                NUMBERS,
                st.dictionaries(
                    st.sampled_from(["name", "x", "y", "yaw", "wait", "start", "end"]),
                    st.one_of(NUMBERS, st.text(max_size=5)),
                ),
                st.fixed_dictionaries(
                    {"name": st.text(max_size=3), "masks_required": st.booleans()},
                    optional={"corners": CORNERS},
                ),
                st.fixed_dictionaries({"name": st.text(max_size=3), "x": NUMBERS, "y": NUMBERS}),
            ),
            max_size=4,
        ),
    ),
)


@given(content=st.one_of(st.binary(max_size=60), st.text(max_size=60), PLANS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wild_files_are_plans_or_errors(tmp_path: Path, content: Any) -> None:
    text = yaml.safe_dump(content) if isinstance(content, dict) else content
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    try:
        plan = read(tmp_path, text)
    except PlanError as error:
        assert "; expected " in str(error)
    else:
        assert plan.waypoints
        assert isinstance(plan.masks_required(Point(0.0, 0.0)), bool)


@given(cut=st.integers(0, 2000), length=st.integers(0, 20), insert=st.binary(max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_example_is_a_plan_or_an_error(
    tmp_path: Path, cut: int, length: int, insert: bytes
) -> None:
    text = EXAMPLE.read_bytes()
    cut %= len(text)
    try:
        assert read(tmp_path, text[:cut] + insert + text[cut + length :]).waypoints
    except PlanError as error:
        assert "plan.yaml" in str(error)


def test_overlapping_and_exempt_zones() -> None:
    square = (Point(0, 0), Point(4, 0), Point(4, 4), Point(0, 4))
    plan = Plan((Waypoint("a", Pose(0, 0)),))
    assert plan.masks_required(Point(99, 99)), "no zones: required everywhere"
    only_exempt = Plan(plan.waypoints, (Zone("cafe", False, square),))
    assert only_exempt.masks_required(Point(9, 9))
    assert not only_exempt.masks_required(Point(2, 2))
    notched = Zone(
        "notched", True, (Point(0, 0), Point(4, 0), Point(2, 2), Point(4, 4), Point(0, 4))
    )
    assert notched.contains(Point(1, 2))
    assert not notched.contains(Point(3.5, 2))


def test_quiet_hours_within_a_day() -> None:
    noon = QuietHours(datetime.time(12, 0), datetime.time(13, 0))
    assert noon.contains(datetime.time(12, 0))
    assert not noon.contains(datetime.time(13, 0))
    assert not noon.contains(datetime.time(1, 0))

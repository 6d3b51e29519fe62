# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Markers of the patrol for rviz: waypoints, zones, target and stand-off."""

from __future__ import annotations

from geometry_msgs.msg import Point as PointMessage
from rclpy.duration import Duration
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from mask_detector_ros.nodes.conversions.poses import pose_message
from mask_detector_ros.patrol.interface import Pose
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.patrol.status import Status

WAYPOINTS, ZONES, TARGET, STAND_OFF = ("waypoints", "zones", "target", "stand_off")
PERSON_HEIGHT_M = 1.7
LABEL_HEIGHT_M = 0.25
LABEL_OFFSET_M = 0.4
"""Height of a label above the labeled object."""

GRAY = ColorRGBA(r=0.6, g=0.6, b=0.6, a=0.8)
BLUE = ColorRGBA(r=0.1, g=0.5, b=1.0, a=0.9)
RED = ColorRGBA(r=0.9, g=0.2, b=0.1, a=0.6)
GREEN = ColorRGBA(r=0.2, g=0.8, b=0.3, a=0.9)
WHITE = ColorRGBA(r=1.0, g=1.0, b=1.0, a=0.9)


def marker_array(plan: Plan, status: Status, header: Header, lifetime: float) -> MarkerArray:
    """All markers at this time.

    Args:
        plan: waypoints and zones.
        status: present target, stand-off and waypoint.
        header: frame and stamp of the markers.
        lifetime: seconds after which a marker disappears if not published again.
    """
    duration = Duration(seconds=lifetime).to_msg()

    def marker(namespace: str, number: int, kind: int, pose: Pose, color: ColorRGBA) -> Marker:
        made = Marker(
            header=header, ns=namespace, id=number, type=kind, color=color, lifetime=duration
        )
        made.pose = pose_message(pose)
        return made

    def arrow(namespace: str, number: int, pose: Pose, color: ColorRGBA) -> Marker:
        made = marker(namespace, number, Marker.ARROW, pose, color)
        made.scale.x, made.scale.y, made.scale.z = 0.5, 0.1, 0.1
        return made

    def label(namespace: str, number: int, pose: Pose, height: float, text: str) -> Marker:
        made = marker(f"{namespace}_labels", number, Marker.TEXT_VIEW_FACING, pose, WHITE)
        made.pose.position.z = height
        made.scale.z = LABEL_HEIGHT_M
        made.text = text
        return made

    markers = []
    for number, waypoint in enumerate(plan.waypoints):
        color = BLUE if number == status.waypoint else GRAY
        markers.append(arrow(WAYPOINTS, number, waypoint.pose, color))
        markers.append(label(WAYPOINTS, number, waypoint.pose, LABEL_OFFSET_M, waypoint.name))
    for number, zone in enumerate(plan.zones):
        outline = marker(
            ZONES, number, Marker.LINE_STRIP, Pose(0, 0), RED if zone.masks_required else GREEN
        )
        outline.scale.x = 0.05
        corners = (*zone.corners, zone.corners[0])
        outline.points = [PointMessage(x=float(c.x), y=float(c.y)) for c in corners]
        markers.append(outline)
        first = Pose(zone.corners[0].x, zone.corners[0].y)
        markers.append(label(ZONES, number, first, LABEL_OFFSET_M, zone.name))
    if status.target_position is not None:
        place = Pose(status.target_position.x, status.target_position.y)
        person = marker(TARGET, 0, Marker.CYLINDER, place, RED)
        person.pose.position.z = PERSON_HEIGHT_M / 2
        person.scale.x = person.scale.y = 0.5
        person.scale.z = PERSON_HEIGHT_M
        text = f"{status.target or ''} {status.state.name}: {status.reason}".strip()
        markers += [person, label(TARGET, 0, place, PERSON_HEIGHT_M + LABEL_OFFSET_M, text)]
    if status.stand_off is not None:
        markers.append(arrow(STAND_OFF, 0, status.stand_off, GREEN))
    return MarkerArray(markers=markers)

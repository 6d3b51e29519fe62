# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reminder messages to the patrol behavior's own type."""

from __future__ import annotations

import math

from mask_detector_ros.msg import Reminder
from mask_detector_ros.patrol.interface import Point, ReminderKind, Speak
from mask_detector_ros.perception.types import WearStatus


def speak_from_message(message: Reminder, number: int) -> Speak:
    """A reminder message as ``Speak``; ``number`` replaces its id, which is a string."""
    x, y = message.position.x, message.position.y
    return Speak(
        kind=ReminderKind(message.kind),
        number=number,
        persons=tuple(message.person_ids),
        status=WearStatus(message.status),
        attempt=message.attempt,
        position=Point(x, y) if math.isfinite(x + y) else None,
        distance=message.distance,
    )

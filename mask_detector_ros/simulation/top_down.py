# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Top-down images of the world: one moment, or the map that a whole trial is drawn on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.patrol.interface import Point, Pose, State
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.perception.annotator import COLORS, DISPLAY_NAMES
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.camera import FIELD_OF_VIEW_RAD
from mask_detector_ros.simulation.camera_view import CameraView, Figure
from mask_detector_ros.simulation.canvas import (
    INK,
    WHITE,
    Canvas,
    Color,
    fit_text,
    mix_with_white,
    text_width,
)
from mask_detector_ros.simulation.speech_bubbles import Box, SpeechBubble, draw_bubble
from mask_detector_ros.simulation.world import World

STATE_COLORS: dict[State, Color] = {
    State.PATROL: (184, 141, 91),
    State.APPROACH: (30, 138, 224),
    State.REMIND: (59, 56, 194),
    State.WAIT: (182, 89, 155),
    State.THANK: (95, 154, 61),
    State.GIVE_UP: (127, 127, 127),
    State.RESUME: (163, 163, 44),
    State.PAUSED: (110, 190, 200),
    State.FAULT: (40, 30, 30),
}
"""BGR, of the robot and its path."""

FLOOR: Color = (255, 255, 255)
GLASS: Color = (225, 190, 130)
NIGHT: Color = (120, 85, 60)
MASK_FREE_ZONE: Color = (150, 205, 160)
MASK_ZONE: Color = (140, 180, 240)
ZONE_TEXT: Color = (90, 130, 80)
MUTED: Color = (170, 165, 160)
ROBOT_RADIUS_M, SHOULDER_RADIUS_M = 0.28, 0.24
VIEW_RANGE_M = 6.0
"""How far the camera's field of view is drawn."""
TITLE_HEIGHT_PX, LEGEND_HEIGHT_PX = 40, 30


def draw_top_down(
    world: World,
    view: CameraView,
    plan: Plan,
    state: State,
    caption: str = "",
    path: Sequence[tuple[Point, State]] = (),
    bubbles: Sequence[SpeechBubble] = (),
    names: Sequence[str] = (),
    size: tuple[int, int] = (640, 480),
) -> Image:
    """Draw one moment.

    Args:
        world: walls and glass.
        view: poses of robot and people, and the light.
        plan: waypoints and zones.
        state: of the patrol: the robot's color and the title.
        caption: text after the state in the title.
        path: positions of the robot so far and the state at each.
        bubbles: what is being said.
        names: of the view's figures.
        size: width and height of the image, pixels.

    Returns:
        (height, width, 3) BGR.
    """
    chart = TopDownMap(world, plan, size)
    chart.draw_floor(darkness=1.0 - view.light)
    chart.draw_path(path)
    chart.draw_field_of_view(view.robot, STATE_COLORS[state])
    for number, figure in enumerate(view.figures):
        chart.draw_figure(figure, names[number] if number < len(names) else "")
    chart.draw_names()
    chart.draw_robot(view.robot, STATE_COLORS[state])
    chart.draw_bubbles(bubbles)
    chart.draw_title(state.name, caption, STATE_COLORS[state])
    chart.draw_legend([state for _, state in path], [f.wear_status for f in view.figures])
    return chart.canvas.finish()


class TopDownMap:
    """Draws the parts of a map onto a canvas. Call in the order back to front."""

    def __init__(
        self,
        world: World,
        plan: Plan,
        size: tuple[int, int],
        title_height: int = TITLE_HEIGHT_PX,
        legend_height: int = LEGEND_HEIGHT_PX,
    ) -> None:
        """Fit the world between title and legend; all sizes in pixels."""
        self.world = world
        self.plan = plan
        self._top, self._bottom = title_height, size[1] - legend_height
        extent = (world.width, world.height)
        self.canvas = Canvas(size, extent, title_height, legend_height, 12)
        self._unit = max(0.7, min(size[0] / 640, size[1] / 480))
        self._occupied: list[Box] = []
        self._names: list[tuple[str, float, float]] = []

    def draw_floor(self, darkness: float = 0.0) -> None:
        """Floor, zones, walls and glass. ``darkness`` is 0 by day and 1 at night."""
        canvas, world = self.canvas, self.world
        corners = [(0, 0), (world.width, 0), (world.width, world.height), (0, world.height)]
        canvas.area(self._pixels(corners), FLOOR)
        canvas.area(self._pixels(corners), NIGHT, 0.45 * darkness)
        for zone in self.plan.zones:
            color = MASK_ZONE if zone.masks_required else MASK_FREE_ZONE
            outline = [canvas.pixel(corner) for corner in zone.corners]
            canvas.area(outline, color, 0.35)
            canvas.lines([*outline, outline[0]], color, 1.2)
        for a, b in world.glass:
            ends = [canvas.pixel(a), canvas.pixel(b)]
            canvas.lines(ends, GLASS, 4.5 * self._unit)
            canvas.lines(ends, WHITE, 1.5 * self._unit)
        for a, b in world.walls:
            canvas.lines([canvas.pixel(a), canvas.pixel(b)], INK, 4.0 * self._unit)

    def draw_path(self, path: Sequence[tuple[Point, State]]) -> None:
        """The robot's path in the colors of its states, dots where it stopped, and the plan."""
        pixels = [self.canvas.pixel(point) for point, _ in path]
        for k in range(1, len(path)):
            if pixels[k] != pixels[k - 1]:
                color = STATE_COLORS[path[k][1]]
                self.canvas.lines(pixels[k - 1 : k + 1], color, 2.6 * self._unit)
        for k in range(1, len(path)):
            state = path[k][1]
            driving = state in (State.PATROL, State.RESUME, State.APPROACH)
            if state != path[k - 1][1] and not driving:
                self.canvas.disc(pixels[k], 4 * self._unit, STATE_COLORS[state], WHITE, 0.8)
        self._draw_plan()

    def _draw_plan(self) -> None:
        """Numbers of the waypoints and names of the zones, on top of the path."""
        unit = self._unit
        for zone in self.plan.zones:
            outline = [self.canvas.pixel(corner) for corner in zone.corners]
            left, top = min(x for x, _ in outline), min(y for _, y in outline)
            width = max(x for x, _ in outline) - left - 12 * unit
            rule = "masks required" if zone.masks_required else "no mask required"
            tint = mix_with_white(MASK_ZONE if zone.masks_required else MASK_FREE_ZONE, 0.35)
            text = f"{zone.name}: {rule}"
            at = (left + 6 * unit, top + 13 * unit)
            self.canvas.text(at, text, fit_text(text, 7 * unit, width), ZONE_TEXT, halo=tint)
        for number, waypoint in enumerate(self.plan.waypoints):
            x, y = self.canvas.pixel(waypoint.pose.point)
            self.canvas.disc((x, y), 8 * unit, WHITE, MUTED, 1.2)
            self.canvas.text((x, y + 3.5 * unit), str(number + 1), 7 * unit, MUTED, centered=True)

    def draw_field_of_view(self, robot: Pose, color: Color) -> None:
        """The floor in the camera's field of view, up to the walls."""
        corners = [(robot.x, robot.y)]
        for fraction in np.linspace(-0.5, 0.5, 48):
            angle = robot.yaw + fraction * FIELD_OF_VIEW_RAD
            distance = self.world.distance_to_wall(robot.point, angle, VIEW_RANGE_M)
            corners.append(
                (robot.x + distance * math.cos(angle), robot.y + distance * math.sin(angle))
            )
        self.canvas.area(self._pixels(corners), color, 0.13)

    def draw_robot(self, robot: Pose, color: Color) -> None:
        """The robot as a disc with an arrow."""
        x, y = self.canvas.pixel(robot.point)
        radius = max(5.0, ROBOT_RADIUS_M * self.canvas.scale)
        self.canvas.disc((x, y), radius, color, WHITE, 1.5)
        arrow = [
            (x + radius * length * math.cos(robot.yaw + angle),
             y - radius * length * math.sin(robot.yaw + angle))
            for length, angle in ((0.75, 0.0), (0.55, 2.4), (0.2, math.pi), (0.55, -2.4))
        ]  # fmt: skip
        self.canvas.area(arrow, WHITE)
        self._occupied.append((x - radius, y - radius, x + radius, y + radius))

    def draw_figure(self, figure: Figure, name: str = "", pale: bool = False) -> None:
        """A person in the color of the wear status; a poster as a bar. See ``draw_names``."""
        x, y = self.canvas.pixel(Point(figure.x, figure.y))
        color = COLORS[figure.wear_status]
        if pale:
            color = mix_with_white(color, 0.35)
        size = max(4.5, SHOULDER_RADIUS_M * self.canvas.scale)
        edge = MUTED if pale else INK
        if figure.is_poster:
            size *= 1.4
            across = (math.sin(figure.facing), math.cos(figure.facing))
            ends = [(x + s * size * across[0], y + s * size * across[1]) for s in (-1, 1)]
            self.canvas.lines(ends, edge, 6 * self._unit)
            self.canvas.lines(ends, color, 4 * self._unit)
        else:
            degrees = -math.degrees(figure.facing)
            self.canvas.ellipse((x, y), (0.55 * size, size), degrees, color, edge)
            head = (x + 0.5 * size * math.cos(figure.facing),
                    y - 0.5 * size * math.sin(figure.facing))  # fmt: skip
            self.canvas.disc(head, 0.42 * size, color, edge)
        if name:
            self._names.append((name, x, min(y + size + 10 * self._unit, self._bottom)))
        self._occupied.append((x - size, y - size, x + size, y + size + 12 * self._unit))

    def draw_names(self) -> None:
        """The names of all figures drawn so far, below them but within the outer walls."""
        left, right = (self.canvas.pixel(Point(side, 0.0))[0] for side in (0.0, self.world.width))
        height = 7.5 * self._unit
        for name, x, y in self._names:
            half = text_width(name, height) / 2 + 5 * self._unit
            x = min(max(x, left + half), right - half)
            self.canvas.text((x, y), name, height, INK, centered=True, halo=FLOOR)

    def draw_trail(self, points: Sequence[Point], statuses: Sequence[WearStatus]) -> None:
        """A person's path in the colors of the wear status."""
        pixels = [self.canvas.pixel(point) for point in points]
        for k in range(1, len(pixels)):
            if pixels[k] != pixels[k - 1]:
                color = mix_with_white(COLORS[statuses[k]], 0.55)
                self.canvas.lines(pixels[k - 1 : k + 1], color, 2.0 * self._unit)

    def draw_bubbles(self, bubbles: Sequence[SpeechBubble]) -> None:
        """Speech bubbles, each where it covers least."""
        area = (4.0, self._top + 2.0, self.canvas.width - 4.0, self._bottom - 2.0)
        for bubble in bubbles:
            box = draw_bubble(self.canvas, bubble, self._occupied, area, self._unit)
            self._occupied.append(box)

    def draw_title(self, tag: str, caption: str, color: Color) -> None:
        """A colored tag and a caption after it."""
        height = 9 * min(self._unit, 1.4)
        width = text_width(tag, height, bold=True) + 18
        self.canvas.rounded(12, 9, 12 + width, 9 + height + 14, 6, color)
        base = 9 + height + 7
        self.canvas.text((21, base), tag, height, WHITE, bold=True)
        height = fit_text(caption, height, self.canvas.width - width - 36)
        self.canvas.text((width + 24, base), caption, height, INK)

    def draw_legend(self, states: Sequence[State], statuses: Sequence[WearStatus]) -> None:
        """The meaning of the colors in use."""
        draw_legend(self.canvas, states, statuses, 7.0 * min(self._unit, 1.4))

    def _pixels(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [self.canvas.pixel(Point(*point)) for point in points]


def draw_legend(
    canvas: Canvas, states: Sequence[State], statuses: Sequence[WearStatus], height: float
) -> None:
    """Along the lower edge: patrol states on the left, wear statuses on the right.

    ``height`` of the letters is in pixels, less where the two sides would overlap.
    """
    lines = {s.name.lower().replace("_", " "): STATE_COLORS[s] for s in sorted(states)}
    discs = {DISPLAY_NAMES[status]: COLORS[status] for status in sorted(statuses)}
    gaps = 30 * len(lines) + 28 * len(discs) + 14
    height = fit_text((*lines, *discs), height, canvas.width - gaps)
    x, y = 14.0, canvas.height - 12.0
    middle = y - height / 2
    for text, color in lines.items():
        canvas.lines([(x, middle), (x + 14, middle)], color, 3.0)
        canvas.text((x + 18, y), text, height)
        x += text_width(text, height) + 30
    x = canvas.width - 14.0
    for text, color in reversed(discs.items()):
        x -= text_width(text, height)
        canvas.text((x, y), text, height)
        canvas.disc((x - 9, middle), 4.5, color, INK, 0.7)
        x -= 28

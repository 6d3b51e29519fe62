# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The world from above: one moment of it, or a whole trial in one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.patrol.interface import Point, Pose, State
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.perception.annotator import COLORS, WORDS
from mask_detector_ros.perception.types import Image, WearStatus
from mask_detector_ros.simulation.camera import FIELD_OF_VIEW
from mask_detector_ros.simulation.camera_view import Figure, View
from mask_detector_ros.simulation.canvas import INK, Canvas, Color, text_width
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
FREE_ZONE: Color = (150, 205, 160)
MASK_ZONE: Color = (140, 180, 240)
FAINT: Color = (170, 165, 160)
WHITE: Color = (255, 255, 255)
ROBOT_SIZE, SHOULDERS = 0.28, 0.24
"""Half widths, meters."""
SIGHT = 6.0
"""Meters that the camera's field of view is drawn."""
HEAD, FOOT = 40, 30
"""Rows for the title above and the legend below."""
SMALLEST_LETTERS = 5.0


@dataclass(frozen=True)
class Bubble:
    """Words in a balloon whose tip is at a place on the map."""

    at: Point
    words: str
    color: Color = INK


def draw(
    world: World,
    view: View,
    plan: Plan,
    state: State,
    words: str = "",
    path: Sequence[tuple[Point, State]] = (),
    bubbles: Sequence[Bubble] = (),
    names: Sequence[str] = (),
    size: tuple[int, int] = (640, 480),
) -> Image:
    """One moment.

    Args:
        world: where it plays.
        view: who is where, and the light.
        plan: waypoints and zones.
        state: of the patrol, shown by the robot's color and in the title.
        words: behind the state in the title.
        path: where the robot has been, and in which state.
        bubbles: what is being said.
        names: of the view's figures.
        size: of the picture, pixels.

    Returns:
        (height, width, 3) uint8 BGR.
    """
    sheet = Sheet(world, plan, size)
    sheet.place(night=1.0 - view.light)
    sheet.path(path)
    sheet.sight(view.robot, STATE_COLORS[state])
    for number, figure in enumerate(view.figures):
        sheet.figure(figure, names[number] if number < len(names) else "")
    sheet.robot(view.robot, STATE_COLORS[state])
    sheet.bubbles(bubbles)
    sheet.title(state.name, words, STATE_COLORS[state])
    sheet.legend([state for _, state in path], [figure.wear for figure in view.figures])
    return sheet.canvas.finish()


class Sheet:
    """A canvas that knows what things on a map look like."""

    def __init__(
        self, world: World, plan: Plan, size: tuple[int, int], head: int = HEAD, foot: int = FOOT
    ) -> None:
        self.world = world
        self.plan = plan
        self._head, self._foot = head, foot
        self.canvas = Canvas(size, (world.width, world.height), head, foot, 12)
        self._unit = max(0.7, min(size[0] / 640, size[1] / 480))
        self._taken: list[tuple[float, float, float, float]] = []

    def place(self, night: float = 0.0) -> None:
        """Floor, zones, walls and glass."""
        canvas, world = self.canvas, self.world
        corners = [(0, 0), (world.width, 0), (world.width, world.height), (0, world.height)]
        canvas.area(self._pixels(corners), FLOOR)
        canvas.area(self._pixels(corners), NIGHT, 0.45 * night)
        for zone in self.plan.zones:
            color = MASK_ZONE if zone.masks_required else FREE_ZONE
            outline = [canvas.pixel(corner) for corner in zone.corners]
            canvas.area(outline, color, 0.35)
            canvas.lines([*outline, outline[0]], color, 1.2)
        for a, b in world.glass:
            ends = [canvas.pixel(a), canvas.pixel(b)]
            canvas.lines(ends, GLASS, 4.5 * self._unit)
            canvas.lines(ends, WHITE, 1.5 * self._unit)
        for a, b in world.walls:
            canvas.lines([canvas.pixel(a), canvas.pixel(b)], INK, 4.0 * self._unit)

    def _words(self) -> None:
        """Numbers of waypoints and names of zones, not to be hidden by the path."""
        unit = self._unit
        for zone in self.plan.zones:
            outline = [self.canvas.pixel(corner) for corner in zone.corners]
            at = (min(x for x, _ in outline) + 6 * unit, min(y for _, y in outline) + 13 * unit)
            rule = "masks required" if zone.masks_required else "no mask needed"
            tint = _mixed(MASK_ZONE if zone.masks_required else FREE_ZONE, 0.35)
            words = f"{zone.name}: {rule}"
            self.canvas.text(at, words, 7 * unit, (90, 130, 80), halo=tint)
        for number, waypoint in enumerate(self.plan.waypoints):
            x, y = self.canvas.pixel(waypoint.pose.point)
            self.canvas.disc((x, y), 8 * unit, WHITE, FAINT, 1.2)
            self.canvas.text((x, y + 3.5 * unit), str(number + 1), 7 * unit, FAINT, centerd=True)

    def path(self, path: Sequence[tuple[Point, State]]) -> None:
        """Where the robot has been, in the colors of what it did, and its waypoints."""
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
        self._words()

    def sight(self, robot: Pose, color: Color) -> None:
        """What the camera sees of the floor: up to the walls."""
        rays = [(robot.x, robot.y)]
        for share in np.linspace(-0.5, 0.5, 48):
            angle = robot.yaw + share * FIELD_OF_VIEW
            reach = self.world.sight(robot.point, angle, SIGHT)
            rays.append((robot.x + reach * math.cos(angle), robot.y + reach * math.sin(angle)))
        self.canvas.area(self._pixels(rays), color, 0.13)

    def robot(self, robot: Pose, color: Color) -> None:
        """The robot and where it looks."""
        x, y = self.canvas.pixel(robot.point)
        radius = max(5.0, ROBOT_SIZE * self.canvas.scale)
        self.canvas.disc((x, y), radius, color, WHITE, 1.5)
        nose = [
            (x + radius * reach * math.cos(robot.yaw + turn),
             y - radius * reach * math.sin(robot.yaw + turn))
            for reach, turn in ((0.75, 0.0), (0.55, 2.4), (0.2, math.pi), (0.55, -2.4))
        ]  # fmt: skip
        self.canvas.area(nose, WHITE)
        self._taken.append((x - radius, y - radius, x + radius, y + radius))

    def figure(self, figure: Figure, name: str = "", pale: bool = False) -> None:
        """Someone from above, in the color of how the mask is worn; a poster as a bar."""
        x, y = self.canvas.pixel(Point(figure.x, figure.y))
        color = COLORS[figure.wear]
        if pale:
            color = _mixed(color, 0.35)
        size = max(4.5, SHOULDERS * self.canvas.scale)
        degrees = -math.degrees(figure.facing)
        edge = FAINT if pale else INK
        if figure.is_poster:
            across = (math.sin(figure.facing), math.cos(figure.facing))
            ends = [(x + s * 1.4 * size * across[0], y + s * 1.4 * size * across[1])
                    for s in (-1, 1)]  # fmt: skip
            self.canvas.lines(ends, edge, 6 * self._unit)
            self.canvas.lines(ends, color, 4 * self._unit)
        else:
            self.canvas.ellipse((x, y), (0.55 * size, size), degrees, color, edge)
            ahead = (x + 0.5 * size * math.cos(figure.facing),
                     y - 0.5 * size * math.sin(figure.facing))  # fmt: skip
            self.canvas.disc(ahead, 0.42 * size, color, edge)
        if name:
            below = min(y + size + 10 * self._unit, self.canvas.height - self._foot)
            half = text_width(name, 7.5 * self._unit) / 2 + 5 * self._unit
            left, right = (
                self.canvas.pixel(Point(edge, 0.0))[0] for edge in (0.0, self.world.width)
            )
            x = min(max(x, left + half), right - half)
            self.canvas.text((x, below), name, 7.5 * self._unit, INK, centerd=True, halo=FLOOR)
        self._taken.append((x - size, y - size, x + size, y + size + 12 * self._unit))

    def trail(self, points: Sequence[Point], wears: Sequence[WearStatus]) -> None:
        """The way someone walked."""
        pixels = [self.canvas.pixel(point) for point in points]
        for k in range(1, len(pixels)):
            if pixels[k] != pixels[k - 1]:
                color = _mixed(COLORS[wears[k]], 0.55)
                self.canvas.lines(pixels[k - 1 : k + 1], color, 2.0 * self._unit)

    def bubbles(self, bubbles: Sequence[Bubble]) -> None:
        """Balloons, each where it covers least."""
        unit = self._unit
        height = 7.5 * unit
        for bubble in bubbles:
            x, y = self.canvas.pixel(bubble.at)
            w, h = text_width(bubble.words, height) + 14 * unit, height + 11 * unit
            left, top = self._roomiest(x, y, w, h)
            self._taken.append((left, top, left + w, top + h))
            middle = (left + w / 2, top + h / 2)
            tail = 5 * unit
            wedge = [(middle[0] - tail, middle[1]), (middle[0] + tail, middle[1]), (x, y)]
            for grow, color in ((1.3 * unit, bubble.color), (0.0, WHITE)):
                self.canvas.area(wedge, bubble.color if grow else _mixed(bubble.color, 0.8))
                self.canvas.rounded(
                    left - grow, top - grow, left + w + grow, top + h + grow, 6 * unit, color
                )
            at = (left + 7 * unit, top + h - 5.5 * unit)
            self.canvas.text(at, bubble.words, height, bubble.color)

    def _roomiest(self, x: float, y: float, w: float, h: float) -> tuple[float, float]:
        """Upper left corner of a balloon of this size for a tip at x, y."""
        best, least = (x, y), math.inf
        for reach in (1.0, 1.8, 2.8):
            for angle in np.linspace(0.0, 2 * math.pi, 16, endpoint=False):
                cx = x + (0.5 * w + 14 * self._unit) * reach * math.cos(angle)
                cy = y - (0.5 * h + 16 * self._unit) * reach * math.sin(angle)
                left = min(max(cx - w / 2, 4.0), self.canvas.width - w - 4.0)
                top = min(
                    max(cy - h / 2, self._head + 2.0), self.canvas.height - self._foot - h - 2.0
                )
                covers = sum(_overlap((left, top, left + w, top + h), t) for t in self._taken)
                price = covers + 6.0 * math.hypot(left + w / 2 - x, top + h / 2 - y)
                if price < least:
                    best, least = (left, top), price
        return best

    def title(self, tag: str, words: str, color: Color) -> None:
        """A tag in a color, and words behind it."""
        height = 9 * min(self._unit, 1.4)
        width = text_width(tag, height, bold=True) + 18
        self.canvas.rounded(12, 9, 12 + width, 9 + height + 14, 6, color)
        base = 9 + height + 7
        self.canvas.text((21, base), tag, height, WHITE, bold=True)
        room = self.canvas.width - width - 36
        while height > SMALLEST_LETTERS and text_width(words, height) > room:
            height -= 0.25
        self.canvas.text((width + 24, base), words, height, INK)

    def legend(self, states: Sequence[State], wears: Sequence[WearStatus]) -> None:
        """What the colors mean, of those that occur."""
        draw_legend(self.canvas, states, wears, 7.0 * min(self._unit, 1.4))

    def _pixels(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [self.canvas.pixel(Point(*point)) for point in points]


def draw_legend(
    canvas: Canvas, states: Sequence[State], wears: Sequence[WearStatus], height: float
) -> None:
    """Along the lower edge: states from the left, ways to wear a mask from the right.

    ``height`` of the letters in pixels; smaller where the two would meet.
    """
    ways = {state.name.lower().replace("_", " "): STATE_COLORS[state] for state in sorted(states)}
    discs = {WORDS[wear]: COLORS[wear] for wear in sorted(wears)}
    gaps = 30 * len(ways) + 28 * len(discs) + 14
    while (
        height > SMALLEST_LETTERS
        and gaps + sum(text_width(words, height) for words in (*ways, *discs)) > canvas.width
    ):
        height -= 0.25
    x, y = 14.0, canvas.height - 12.0
    middle = y - height / 2
    for words, color in ways.items():
        canvas.lines([(x, middle), (x + 14, middle)], color, 3.0)
        canvas.text((x + 18, y), words, height)
        x += text_width(words, height) + 30
    x = canvas.width - 14.0
    for words, color in reversed(discs.items()):
        x -= text_width(words, height)
        canvas.text((x, y), words, height)
        canvas.disc((x - 9, middle), 4.5, color, INK, 0.7)
        x -= 28


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Square pixels that two boxes (left, top, right, bottom) share."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def _mixed(color: Color, strength: float) -> Color:
    """The color on white paper."""
    b, g, r = (round(strength * v + (1 - strength) * 255) for v in color)
    return b, g, r

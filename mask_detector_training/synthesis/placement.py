# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Placement of a mask on the head, random or given."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from mask_detector_ros.perception.types import WearStatus


@dataclass(frozen=True)
class MaskPlacement:
    """Position and shape of a mask on the head; heights in head units, angles in radians.

    Attributes:
        top, top_side: height of the upper edge in the middle and at the cheeks.
        bottom, bottom_side: height of the lower edge in the middle and at the cheeks.
        angle: angle of the upper corners around the head.
        angle_bottom: angle of the lower corners around the head.
        curve: exponent of the edges' curve from the middle to the sides.
        lift: distance of the cloth from the skin.
        nose: fraction of the nose ridge that pushes the cloth out.
        slack: 0 for smooth, 1 for bunched cloth.
        skew: half the height difference between the two sides.
        rolled: fraction of the height that is folded over at the upper edge.
        straps: whether straps are visible (hair may hide them).
        hang: -1 or 1 if the mask hangs from the right or left ear of the person (of a turned
            head, from the visible ear), 0 if it is worn around the face.
        swing: angle of a hanging mask from the vertical.
        hang_width, hang_height: visible size of a hanging mask.
    """

    top: float = 0.26
    top_side: float = 0.50
    bottom: float = 1.74
    bottom_side: float = 1.18
    angle: float = 1.15
    angle_bottom: float = 1.05
    curve: float = 2.0
    lift: float = 0.05
    nose: float = 1.0
    slack: float = 0.1
    skew: float = 0.0
    rolled: float = 0.0
    straps: bool = True
    hang: int = 0
    swing: float = 0.0
    hang_width: float = 0.8
    hang_height: float = 1.3

    @classmethod
    def random(
        cls,
        status: WearStatus,
        rng: np.random.Generator,
        kind: str = "surgical",
        hanging: bool | None = None,
    ) -> MaskPlacement:
        """A random placement with the wear status ``status``.

        Args:
            status: CORRECT, NOSE_EXPOSED or BELOW_MOUTH.
            rng: random generator.
            kind: one of ``KINDS``; affects the shape.
            hanging: whether the mask hangs from one ear; None for random, with BELOW_MOUTH.

        Raises:
            ValueError: the status has no mask, or ``hanging`` with another status.
        """
        if status not in (WearStatus.CORRECT, WearStatus.NOSE_EXPOSED, WearStatus.BELOW_MOUTH):
            raise ValueError(f"no mask is worn for status {status!r}")
        below = status == WearStatus.BELOW_MOUTH
        if hanging and not below:
            raise ValueError("a hanging mask has the status BELOW_MOUTH")
        if hanging is None:
            hanging = below and rng.random() < 0.15
        u = rng.uniform
        placement = cls(
            angle=u(0.95, 1.3),
            angle_bottom=u(0.9, 1.2),
            curve=u(1.6, 2.4),
            lift=u(0.03, 0.08),
            slack=u(0.0, 0.3),
            skew=float(rng.normal(0, 0.03)),
            straps=bool(rng.random() < 0.85),
        )
        if hanging:
            return replace(
                placement,
                hang=int(rng.choice([-1, 1])),
                swing=u(-0.3, 0.3),
                hang_width=u(0.4, 1.0),
                hang_height=u(1.0, 1.6),
                slack=u(0.3, 1.0),
                straps=True,
                rolled=u(0.15, 0.5) if rng.random() < 0.4 else 0.0,
            )
        if status == WearStatus.CORRECT:
            placement = replace(
                placement,
                top=u(0.14, 0.40),
                top_side=u(0.36, 0.66),
                bottom=u(1.62, 1.92),
                bottom_side=u(1.05, 1.35),
            )
        elif status == WearStatus.NOSE_EXPOSED:
            top = u(0.64, 0.87)
            placement = replace(
                placement,
                top=top,
                top_side=top + u(-0.36, 0.08),
                bottom=u(1.65, 2.1),
                bottom_side=u(1.2, 1.55),
                nose=u(0.0, 0.12),
                slack=u(0.1, 0.6),
            )
        else:
            placement = cls._random_below(placement, rng)
        if kind in ("kn95", "cup"):
            # Rigid masks are pointed at the cheeks and keep their shape.
            middle = 0.5 * (placement.top_side + placement.bottom_side)
            half = u(0.14, 0.24)
            placement = replace(
                placement,
                top_side=middle - half,
                bottom_side=middle + half,
                curve=u(1.2, 1.6),
                lift=u(0.06, 0.12),
                angle=u(0.85, 1.05),
                angle_bottom=u(0.85, 1.05),
                slack=0.3 * placement.slack,
            )
        return placement

    @staticmethod
    def _random_below(placement: MaskPlacement, rng: np.random.Generator) -> MaskPlacement:
        u = rng.uniform
        neck = rng.random() < 0.4
        # The lips end near 1.13 and the chin at 1.62: on the chin, or on the neck below it.
        top = u(1.55, 1.86) if neck else u(1.24, 1.54)
        top_side = top - u(0.05, 0.5)
        return replace(
            placement,
            top=top,
            top_side=top_side,
            bottom=top + (u(0.3, 0.85) if neck else u(0.42, 0.95)),
            bottom_side=top_side + u(0.3, 0.75),
            curve=u(1.2, 2.4),
            lift=u(0.03, 0.16),
            nose=0.0,
            slack=u(0.5, 1.0) if neck else u(0.3, 1.0),
            skew=float(rng.normal(0, 0.07)),
            rolled=u(0.12, 0.45) if rng.random() < 0.35 else 0.0,
            straps=True,
        )

    def interpolate(self, other: MaskPlacement, fraction: float) -> MaskPlacement:
        """The placement between this one (``fraction`` 0) and ``other`` (1), for videos."""
        values = {}
        for field in fields(self):
            a, b = getattr(self, field.name), getattr(other, field.name)
            if isinstance(a, float):
                values[field.name] = a + (b - a) * fraction
            else:
                values[field.name] = a if fraction < 0.5 else b
        return MaskPlacement(**values)

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a mask is (its style) and how it sits (its wear), both drawn at random or given."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from mask_detector_ros.perception.types import WearStatus

KINDS = ("surgical", "kn95", "cup", "cloth", "sponge")
"""Pleated surgical; folded KN95 / FFP2; rigid N95 cup; sewn cloth; seamless sponge."""

PATTERNS = ("plain", "dots", "stripes", "checks", "plaid", "gradient", "camo", "blobs")

Colour = tuple[float, float, float]

_SURGICAL: tuple[tuple[float, Colour], ...] = (
    (0.40, (222, 196, 150)),
    (0.12, (196, 190, 120)),
    (0.20, (236, 236, 234)),
    (0.14, (38, 36, 36)),
    (0.06, (205, 180, 235)),
    (0.04, (215, 180, 190)),
    (0.04, (150, 148, 146)),
)
_RIGID: tuple[tuple[float, Colour], ...] = (
    (0.66, (236, 238, 238)),
    (0.16, (40, 38, 38)),
    (0.08, (140, 140, 142)),
    (0.05, (222, 196, 160)),
    (0.05, (200, 210, 226)),
)
_SPONGE: tuple[tuple[float, Colour], ...] = (
    (0.5, (36, 34, 34)),
    (0.2, (112, 108, 106)),
    (0.15, (228, 228, 228)),
    (0.15, (110, 70, 50)),
)


@dataclass(frozen=True)
class MaskStyle:
    """One mask as bought. Colours are BGR albedo in 0..255; lengths are head units.

    Attributes:
        kind: one of ``KINDS``.
        pattern: one of ``PATTERNS``; plain unless cloth.
        colours: fabric colour, then the pattern's colours.
        strap_colour: ear loops or head bands.
        strap_width: head units (eye distances).
        head_band: the straps go round the head instead of the ears.
        valve: a round valve beside the middle.
        print_colour: a small print, or None.
        seed: folds, pattern and print are the same for the same seed.
    """

    kind: str = "surgical"
    pattern: str = "plain"
    colours: tuple[Colour, ...] = ((222, 196, 150),)
    strap_colour: Colour = (236, 236, 236)
    strap_width: float = 0.035
    head_band: bool = False
    valve: bool = False
    print_colour: Colour | None = None
    seed: int = 0

    @classmethod
    def random(cls, rng: np.random.Generator, kind: str | None = None) -> MaskStyle:
        """A mask as one meets it; ``kind`` fixes the kind.

        Raises:
            ValueError: unknown kind.
        """
        if kind is None:
            kind = str(rng.choice(KINDS, p=(0.42, 0.12, 0.06, 0.28, 0.12)))
        if kind not in KINDS:
            raise ValueError(f"mask kind must be one of {', '.join(KINDS)}, got {kind!r}")
        seed = int(rng.integers(2**31))
        if kind == "cloth":
            return cls._random_cloth(rng, seed)
        palette = {"surgical": _SURGICAL, "sponge": _SPONGE}.get(kind, _RIGID)
        colour = _jitter(rng, _pick(rng, palette), 0.06)
        white = (236.0, 236.0, 234.0)
        strap = white if kind != "sponge" and rng.random() < 0.75 else colour
        return cls(
            kind=kind,
            colours=(colour,),
            strap_colour=colour if max(colour) < 80 else strap,
            strap_width=float(
                rng.uniform(0.06, 0.11) if kind == "sponge" else rng.uniform(0.02, 0.05)
            ),
            head_band=kind == "cup" or (kind == "kn95" and rng.random() < 0.1),
            valve=kind in ("kn95", "cup") and rng.random() < 0.2,
            print_colour=(95.0, 90.0, 85.0) if rng.random() < 0.12 else None,
            seed=seed,
        )

    @classmethod
    def _random_cloth(cls, rng: np.random.Generator, seed: int) -> MaskStyle:
        pattern = str(rng.choice(PATTERNS, p=(0.36, 0.1, 0.1, 0.08, 0.08, 0.06, 0.1, 0.12)))
        colours = tuple(_any_colour(rng) for _ in range(4))
        if rng.random() < 0.35:
            base = float(rng.choice([30.0, 45.0, 225.0]))
            colours = ((base, base, base), *colours[1:])
        strap = [colours[0], (30.0, 30.0, 30.0), (230.0, 230.0, 230.0)]
        printed = rng.random() < 0.2
        return cls(
            kind="cloth",
            pattern=pattern,
            colours=colours,
            strap_colour=strap[int(rng.integers(3))],
            strap_width=float(rng.uniform(0.025, 0.07)),
            print_colour=_any_colour(rng) if printed else None,
            seed=seed,
        )


@dataclass(frozen=True)
class MaskWear:
    """How a mask sits on the head; heights in head units, angles in radians.

    Attributes:
        top, top_side: upper edge in the middle and at the cheeks.
        bottom, bottom_side: lower edge in the middle and at the cheeks.
        angle: how far the upper corners reach around the head.
        angle_bottom: the same of the lower corners.
        curve: exponent of the edges from the middle to the sides.
        lift: distance of the cloth from the skin.
        nose: the share of the nose that pushes the cloth out.
        slack: 0 spread out, 1 bunched up.
        skew: height difference between the two sides.
        straps: whether straps are seen (hair may hide them).
        hang: -1 or 1 where the mask hangs from the right or left ear of the person (the
            nearer one of a turned head), 0 where it is worn around the face.
        swing: radians from the plumb line of a hanging mask.
        hang_width, hang_height: seen size of a hanging mask.
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
    ) -> MaskWear:
        """A way to wear a mask that deserves ``status``.

        Args:
            status: CORRECT, NOSE_EXPOSED or BELOW_MOUTH.
            rng: source of chance.
            kind: one of ``KINDS``; rigid ones sit stiffer.
            hanging: from one ear; None lets chance decide where the status allows it.

        Raises:
            ValueError: the status needs no mask, or hanging with another status.
        """
        if status not in (WearStatus.CORRECT, WearStatus.NOSE_EXPOSED, WearStatus.BELOW_MOUTH):
            raise ValueError(f"no mask is worn for status {status!r}")
        below = status == WearStatus.BELOW_MOUTH
        if hanging and not below:
            raise ValueError("a hanging mask has the status BELOW_MOUTH")
        if hanging is None:
            hanging = below and rng.random() < 0.15
        u = rng.uniform
        wear = cls(
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
                wear,
                hang=int(rng.choice([-1, 1])),
                swing=u(-0.3, 0.3),
                hang_width=u(0.45, 1.15),
                hang_height=u(1.1, 1.7),
                slack=u(0.2, 0.8),
                straps=True,
            )
        if status == WearStatus.CORRECT:
            wear = replace(
                wear,
                top=u(0.14, 0.36),
                top_side=u(0.38, 0.62),
                bottom=u(1.62, 1.86),
                bottom_side=u(1.05, 1.3),
            )
        elif status == WearStatus.NOSE_EXPOSED:
            top = u(0.62, 0.82)
            wear = replace(
                wear,
                top=top,
                top_side=top + u(-0.28, 0.08),
                bottom=u(1.62, 1.98),
                bottom_side=u(1.2, 1.45),
                nose=u(0.0, 0.12),
                slack=u(0.1, 0.6),
            )
        else:
            wear = cls._random_below(wear, rng)
        if kind in ("kn95", "cup"):
            # Stiff masks come to a point at the cheeks and keep their shape.
            middle = 0.5 * (wear.top_side + wear.bottom_side)
            half = u(0.14, 0.24)
            wear = replace(
                wear,
                top_side=middle - half,
                bottom_side=middle + half,
                curve=u(1.2, 1.6),
                lift=u(0.06, 0.12),
                angle=u(0.85, 1.05),
                angle_bottom=u(0.85, 1.05),
                slack=0.3 * wear.slack,
            )
        return wear

    @staticmethod
    def _random_below(wear: MaskWear, rng: np.random.Generator) -> MaskWear:
        u = rng.uniform
        if rng.random() < 0.25:  # pulled down to the neck
            top = u(1.66, 1.85)
            return replace(
                wear,
                top=top,
                top_side=top - u(0.2, 0.45),
                bottom=top + u(0.35, 0.75),
                bottom_side=top + u(0.0, 0.2),
                nose=0.0,
                slack=u(0.5, 1.0),
            )
        top = u(1.18, 1.46)
        return replace(
            wear,
            top=top,
            top_side=top - u(0.1, 0.45),
            bottom=u(max(1.75, top + 0.42), 2.1),
            bottom_side=top + u(0.1, 0.4),
            nose=0.0,
            slack=u(0.3, 0.9),
        )

    def towards(self, other: MaskWear, share: float) -> MaskWear:
        """The wear between this one (``share`` 0) and ``other`` (1), for moving pictures."""
        values = {}
        for field in fields(self):
            a, b = getattr(self, field.name), getattr(other, field.name)
            if isinstance(a, float):
                values[field.name] = a + (b - a) * share
            else:
                values[field.name] = a if share < 0.5 else b
        return MaskWear(**values)


def _pick(rng: np.random.Generator, palette: tuple[tuple[float, Colour], ...]) -> Colour:
    weights = np.array([weight for weight, _ in palette])
    return palette[int(rng.choice(len(palette), p=weights / weights.sum()))][1]


def _jitter(rng: np.random.Generator, colour: Colour, amount: float) -> Colour:
    values = np.array(colour) * rng.normal(1.0, amount) * rng.normal(1.0, amount / 2, 3)
    b, g, r = np.clip(values, 12, 248)
    return float(b), float(g), float(r)


def _any_colour(rng: np.random.Generator) -> Colour:
    """Colours of clothes: any hue, more often muted than loud."""
    hue = rng.uniform(0, 2 * np.pi) + np.array([0.0, 2.1, 4.2])
    value = rng.uniform(45, 235)
    saturation = rng.beta(2.0, 2.5)
    b, g, r = np.clip(value * (1 - saturation * (0.5 - 0.5 * np.cos(hue))), 15, 245)
    return float(b), float(g), float(r)

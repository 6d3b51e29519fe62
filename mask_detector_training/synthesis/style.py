# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Style of a mask: kind, pattern and colors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

KINDS = ("surgical", "kn95", "cup", "cloth", "sponge")
"""Pleated surgical; folded KN95 / FFP2; rigid N95 cup; sewn cloth; seamless sponge."""

PATTERNS = ("plain", "dots", "stripes", "checks", "plaid", "gradient", "camo", "blobs")

Color = tuple[float, float, float]

_SURGICAL: tuple[tuple[float, Color], ...] = (
    (0.40, (222, 196, 150)),
    (0.12, (196, 190, 120)),
    (0.22, (236, 236, 234)),
    (0.16, (34, 32, 32)),
    (0.06, (205, 180, 235)),
    (0.04, (215, 180, 190)),
    (0.04, (150, 148, 146)),
)
_RIGID: tuple[tuple[float, Color], ...] = (
    (0.66, (236, 238, 238)),
    (0.16, (40, 38, 38)),
    (0.08, (140, 140, 142)),
    (0.05, (222, 196, 160)),
    (0.05, (200, 210, 226)),
)
_SPONGE: tuple[tuple[float, Color], ...] = (
    (0.6, (32, 30, 30)),
    (0.15, (112, 108, 106)),
    (0.15, (228, 228, 228)),
    (0.10, (110, 70, 50)),
)
_CAMO: tuple[Color, ...] = (
    (45, 75, 70),
    (70, 110, 115),
    (30, 45, 60),
    (35, 38, 36),
    (130, 150, 165),
    (70, 65, 60),
    (120, 112, 104),
    (180, 175, 170),
)


@dataclass(frozen=True)
class MaskStyle:
    """Kind and appearance of a mask. Colors are BGR albedo in 0..255.

    Attributes:
        kind: one of ``KINDS``.
        pattern: one of ``PATTERNS``; kinds other than cloth are plain.
        colors: color of the fabric, then those of the pattern.
        strap_color: color of ear loops or head bands.
        strap_width: in eye distances.
        head_band: straps around the head instead of ear loops.
        valve: whether there is an exhalation valve.
        print_color: color of a small print, or None.
        seed: seed of folds, pattern and print.
    """

    kind: str = "surgical"
    pattern: str = "plain"
    colors: tuple[Color, ...] = ((222, 196, 150),)
    strap_color: Color = (236, 236, 236)
    strap_width: float = 0.035
    head_band: bool = False
    valve: bool = False
    print_color: Color | None = None
    seed: int = 0

    @classmethod
    def random(cls, rng: np.random.Generator, kind: str | None = None) -> MaskStyle:
        """A random style with typical frequencies; ``kind`` fixes the kind.

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
        color = _jitter(rng, _pick(rng, palette), 0.06)
        white = (236.0, 236.0, 234.0)
        strap = white if kind != "sponge" and rng.random() < 0.75 else color
        return cls(
            kind=kind,
            colors=(color,),
            strap_color=color if max(color) < 80 else strap,
            strap_width=float(
                rng.uniform(0.06, 0.11) if kind == "sponge" else rng.uniform(0.02, 0.05)
            ),
            head_band=kind == "cup" or (kind == "kn95" and rng.random() < 0.1),
            valve=kind in ("kn95", "cup") and rng.random() < 0.2,
            print_color=(95.0, 90.0, 85.0) if rng.random() < 0.12 else None,
            seed=seed,
        )

    @classmethod
    def _random_cloth(cls, rng: np.random.Generator, seed: int) -> MaskStyle:
        pattern = str(rng.choice(PATTERNS, p=(0.36, 0.1, 0.1, 0.08, 0.08, 0.06, 0.1, 0.12)))
        colors = tuple(any_color(rng) for _ in range(4))
        if pattern == "camo":
            first = int(rng.integers(len(_CAMO) - 3))
            colors = tuple(_jitter(rng, color, 0.1) for color in _CAMO[first : first + 4])
        elif rng.random() < 0.5:
            base = float(rng.choice([26.0, 40.0, 225.0], p=(0.5, 0.25, 0.25)))
            colors = ((base, base, base), *colors[1:])
        strap = [colors[0], (30.0, 30.0, 30.0), (230.0, 230.0, 230.0)]
        printed = rng.random() < 0.2
        return cls(
            kind="cloth",
            pattern=pattern,
            colors=colors,
            strap_color=strap[int(rng.integers(3))],
            strap_width=float(rng.uniform(0.025, 0.07)),
            print_color=any_color(rng) if printed else None,
            seed=seed,
        )


def random_style(rng: np.random.Generator, kinds: Sequence[str]) -> MaskStyle:
    """A random style of one of the kinds; without kinds, of any with typical frequencies."""
    return MaskStyle.random(rng, str(rng.choice(kinds)) if kinds else None)


def _pick(rng: np.random.Generator, palette: tuple[tuple[float, Color], ...]) -> Color:
    weights = np.array([weight for weight, _ in palette])
    return palette[int(rng.choice(len(palette), p=weights / weights.sum()))][1]


def _jitter(rng: np.random.Generator, color: Color, amount: float) -> Color:
    values = np.array(color) * rng.normal(1.0, amount) * rng.normal(1.0, amount / 2, 3)
    b, g, r = np.clip(values, 12, 248)
    return float(b), float(g), float(r)


def any_color(rng: np.random.Generator) -> Color:
    """A color of clothes: any hue, more often muted than saturated."""
    hue = rng.uniform(0, 2 * np.pi) + np.array([0.0, 2.1, 4.2])
    value = rng.uniform(45, 235)
    saturation = rng.beta(1.6, 2.8)
    b, g, r = np.clip(value * (1 - saturation * (0.5 - 0.5 * np.cos(hue))), 15, 245)
    return float(b), float(g), float(r)

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tiles and regions of large images, and where a frame was searched."""

from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.far_regions import (
    FACE_ASPECT,
    Patch,
    SearchedRegions,
    is_large,
    region_around,
    region_side,
    region_slots,
    tiles,
    whole_scale,
)

INPUT = (640, 480)
SIZES = [(1280, 720), (1920, 1080), (1080, 1920), (2592, 1944), (3840, 2160), (8000, 700)]
INPUTS = [INPUT, (640, 384), (416, 416), (320, 512)]


@pytest.mark.parametrize(
    ("size", "large"),
    [
        ((640, 480), False),
        ((320, 240), False),
        ((848, 480), False),
        ((640, 360), False),
        ((960, 540), True),
        ((1280, 720), True),
        ((1920, 1080), True),
    ],
)
def test_only_images_that_are_scaled_down_a_lot_are_large(
    size: tuple[int, int], large: bool
) -> None:
    assert is_large(size, INPUT) == large


@pytest.mark.parametrize(
    ("size", "count"), [((1280, 720), 6), ((1920, 1080), 12), ((3840, 2160), 56)]
)
def test_a_full_hd_image_is_searched_within_half_a_second(
    size: tuple[int, int], count: int
) -> None:
    """At 30 Hz these are 0.2, 0.4 and 1.9 s; docs/cameras.md says so."""
    assert len(tiles(size, INPUT, with_regions=True)) == count


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("input_size", INPUTS)
@pytest.mark.parametrize("with_regions", [True, False])
def test_every_far_face_is_whole_in_some_tile(
    size: tuple[int, int], input_size: tuple[int, int], with_regions: bool
) -> None:
    found = tiles(size, input_size, with_regions)
    random = np.random.default_rng(1)
    for tile in found:
        assert tile.x >= 0 and tile.x + tile.width <= size[0]
        assert tile.y >= 0 and tile.y + tile.height <= size[1]
        assert tile.width * tile.scale <= input_size[0] + 0.5
        assert tile.height * tile.scale <= input_size[1] + 0.5
    assert max(tile.scale for tile in found) == 1.0
    widest = min(24.0 / whole_scale(size, input_size), min(size) / FACE_ASPECT)
    for width in np.geomspace(12.0, widest, 6):
        height = FACE_ASPECT * width
        for _ in range(12):
            x, y = random.uniform(0, size[0] - width), random.uniform(0, size[1] - height)
            assert any(_shows(tile, (x, y, width, height), size) for tile in found), (x, y, width)


def _shows(tile: Patch, box: tuple[float, ...], size: tuple[int, int]) -> bool:
    smallest, largest = tile.face_widths
    in_input = np.array([box]) * tile.scale - np.array([tile.x, tile.y, 0, 0]) * tile.scale
    return smallest - 1e-6 <= box[2] <= largest + 1e-6 and bool(tile.whole_faces(in_input, size)[0])


@pytest.mark.parametrize("input_size", INPUTS)
def test_regions_lie_in_the_input_beside_the_tile(input_size: tuple[int, int]) -> None:
    side = region_side(input_size)
    tile = tiles((1920, 1080), input_size, with_regions=True)[0]
    taken = np.zeros(input_size[::-1], int)
    taken[: round(tile.height * tile.scale), : round(tile.width * tile.scale)] += 1
    beside = region_slots(input_size, beside_tile=True)
    assert len(beside) >= 3
    for left, top in beside:
        assert left + side <= input_size[0] and top + side <= input_size[1]
        taken[top : top + side, left : left + side] += 1
    assert taken.max() == 1
    assert len(region_slots(input_size, beside_tile=False)) > 2 * len(beside)


@pytest.mark.parametrize("corner", [(0, 0), (1900, 1050), (900, 500)])
def test_a_region_contains_its_face_and_enlarges_it(corner: tuple[int, int]) -> None:
    box = np.array([*corner, 14, 18])
    region = region_around(box, 1.0, (1920, 1080), INPUT, (544, 96))
    assert 1.5 < region.scale <= 3.0
    assert region.x <= box[0] and box[0] + box[2] <= region.x + region.width
    assert region.x >= 0 and region.x + region.width <= 1920 and region.y + region.height <= 1080
    uncertain = region_around(box, 60.0, (1920, 1080), INPUT, (544, 96))
    assert uncertain.width > 1.2 * region.width


def test_a_face_that_an_inner_edge_cuts_is_not_whole() -> None:
    tile = Patch(500, 0, 540, 480, 1.0, 0, 0, 72.0)
    boxes = np.array(
        [
            [100, 100, 20, 25],  # inside
            [1, 100, 20, 25],  # cut by the left edge, which is inside the image
            [100, 0, 20, 25],  # at the upper edge, which is the image's
            [519, 100, 20, 25],  # cut by the right edge
            [100, 454, 20, 25],  # cut by the lower edge
            [100, 100, 90, 110],  # the whole image shows it
            [560, 100, 20, 25],  # in the region beside the tile
        ],
        float,
    )
    whole = tile.whole_faces(boxes, (1920, 1080))
    assert whole.tolist() == [True, False, True, False, False, False, False]


def test_where_a_frame_was_searched() -> None:
    searched = SearchedRegions(
        (1920, 1080),
        np.array([[0, 0, 1920, 1080], [500, 300, 540, 480]], float),
        np.array([[36, np.inf], [12, 72]], float),
    )
    boxes = np.array(
        [
            [100, 100, 40, 50],  # large enough for the whole image
            [100, 100, 20, 25],  # too small for it
            [600, 400, 20, 25],  # in the tile
            [600, 400, 11, 14],  # too small for it as well
            [600, 400, 8, 10],  # nothing so small is searched for, so it cannot be missed
            [1035, 400, 20, 25],  # mostly beside the tile
            [1915, 100, 20, 25],  # has left the image
            [-100, 2000, 20, 25],
        ],
        float,
    )
    assert searched.contain(boxes).tolist() == [True, False, True, False, True, False, True, True]
    assert searched.contain(np.zeros((0, 4))).tolist() == []

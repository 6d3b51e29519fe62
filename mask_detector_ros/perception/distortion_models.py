# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Distortion models of CameraInfo by the names that drivers give them (REP-104 and others)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mask_detector_ros.arrays import FloatArray

KNOWN = "plumb_bob, rational_polynomial, thin_prism, equidistant"
"""The models that are supported, by their names in ROS."""

_POLYNOMIAL = {
    "plumbbob",
    "rationalpolynomial",
    "rational",
    "radtan",
    "pinholeradtan",
    "radialtangential",
    "brown",
    "brownconrady",
    "opencv",
    "opencvpinhole",
    "perspective",
}
"""OpenCV's order: k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4, tx, ty, or the first of these."""
_THIN_PRISM = {"thinprism", "rationalpolynomialthinprism", "rationalpolynomialtiltedthinprism"}
"""As above, but the prism's coefficients must be there."""
_FISHEYE = {
    "equidistant",
    "equi",
    "pinholeequi",
    "fisheye",
    "opencvfisheye",
    "fisheyeopencv",
    "kannalabrandt",
    "kannalabrandt4",
    "kb4",
}
"""Kannala and Brandt (2006): theta + k1 theta^3 + k2 theta^5 + k3 theta^7 + k4 theta^9."""

_COUNTS = (4, 5, 8, 12, 14)
"""Numbers of coefficients that OpenCV has a polynomial model for."""
_THIN_PRISM_COUNTS = (12, 14)
_FISHEYE_COUNTS = (4,)
_SAME_IN_ALL = {False: 2, True: 4}
"""Coefficients that mean the same however many follow: k1, k2; of a fisheye all."""


class CalibrationError(ValueError):
    """A CameraInfo gives no positions; the message says why."""


@dataclass(frozen=True, eq=False)
class Distortion:
    """A distortion in OpenCV's terms.

    Attributes:
        coefficients: float64 in OpenCV's order; empty for no distortion.
        fisheye: True for the equidistant model.
    """

    coefficients: FloatArray
    fisheye: bool = False


NO_DISTORTION = Distortion(np.zeros(0))


def is_fisheye(model: str) -> bool:
    """Whether a name stands for the equidistant model, which distorts even if D is zero."""
    return _key(model) in _FISHEYE


def read_distortion(model: str, coefficients: FloatArray) -> Distortion:
    """The distortion that a CameraInfo names.

    Args:
        model: ``distortion_model``; case, blanks, dashes and underscores are ignored.
        coefficients: D. If all are zero, any model but the equidistant one is no distortion.

    Raises:
        CalibrationError: D is not zero and the model is not known, or D is not one of the model.
    """
    given = np.asarray(coefficients, np.float64).reshape(-1)
    if not np.isfinite(given).all():
        raise CalibrationError("D of CameraInfo contains NaN or infinity")
    key, fisheye = _key(model), is_fisheye(model)
    if not given.any():
        return Distortion(np.zeros(4), True) if fisheye else NO_DISTORTION
    if key in _THIN_PRISM:
        counts: tuple[int, ...] = _THIN_PRISM_COUNTS
    elif key in _POLYNOMIAL:
        counts = _COUNTS
    elif fisheye:
        counts = _FISHEYE_COUNTS
    else:
        raise CalibrationError(
            f"distortion model {model!r} of CameraInfo is not supported and D is not zero; "
            f"supported are {KNOWN}"
        )
    if given.size in counts:
        return Distortion(given, fisheye)
    # Zeros at the end say nothing: some drivers leave them out, others add some.
    used = int(np.flatnonzero(given)[-1]) + 1
    lower = [n for n in counts if n <= given.size]
    limit = lower[-1] if lower else _SAME_IN_ALL[fisheye]
    if used > limit or (key in _THIN_PRISM and not lower):
        raise CalibrationError(
            f"D of CameraInfo has {given.size} coefficients; expected for {model!r}: "
            f"{', '.join(map(str, counts))}"
        )
    padded = np.zeros(next(n for n in counts if n >= used))
    padded[:used] = given[:used]
    return Distortion(padded, fisheye)


def _key(model: str) -> str:
    return "".join(c for c in model.lower() if c.isalnum())

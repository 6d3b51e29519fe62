# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""XML label files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.text_files import MALFORMED


def parse_xml(file: Path) -> ElementTree.Element:
    """The root element of an XML file.

    Raises:
        LabelError: the file cannot be read, or is not well-formed.
    """
    try:
        return ElementTree.fromstring(file.read_bytes())
    except OSError as error:
        raise LabelError(MALFORMED, f"{file} cannot be read: {error.strerror}") from error
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise LabelError(
            MALFORMED, f"{file} is not well-formed XML: {error}; write it again"
        ) from error


def root_tag(file: Path) -> str:
    """Name of the root element; "" if the file is not well-formed up to there."""
    try:
        with file.open("rb") as content:
            for _, element in ElementTree.iterparse(content, events=["start"]):
                return element.tag
    except (OSError, ElementTree.ParseError, LookupError, ValueError):
        pass
    return ""

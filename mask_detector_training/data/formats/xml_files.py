# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""XML label files."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from xml.etree import ElementTree

from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.text_files import MALFORMED, read_label_text

DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?encoding=["']([\w.-]+)["'][^>]*>""")


def parse_xml(file: Path) -> ElementTree.Element:
    """The root element of an XML file.

    Raises:
        LabelError: the file cannot be read, or is not well-formed.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise LabelError(MALFORMED, f"{file} cannot be read: {error.strerror}") from error
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        failure = error
    try:
        declared = DECLARATION.match(data)
        if declared and codecs.lookup(declared[1].decode()).name not in ("utf-8", "utf-16"):
            # An encoding that the parser lacks, such as GB2312.
            return ElementTree.fromstring(data[declared.end() :].decode(declared[1].decode()))
        # Without a declaration XML is UTF-8; some tools write Latin-1 all the same.
        return ElementTree.fromstring(read_label_text(file))
    except (ElementTree.ParseError, LookupError, ValueError):
        raise LabelError(
            MALFORMED, f"{file} is not well-formed XML: {failure}; write it again"
        ) from failure


def root_tag(file: Path) -> str:
    """Name of the root element; "" if there is none at the beginning of the file."""
    try:
        with file.open("rb") as content:
            start = content.read(4096)
    except OSError:
        return ""
    found = re.search(rb"<([A-Za-z_][\w.-]*)", re.sub(rb"<!--.*?-->", b"", start, flags=re.DOTALL))
    return found[1].decode() if found else ""

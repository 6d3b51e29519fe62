# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Shared by all nodes: parameters, QoS, diagnostics, timers, warnings, workers, running."""

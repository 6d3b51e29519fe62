# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every node shares: parameters, QoS, running, timers, workers, diagnostics."""

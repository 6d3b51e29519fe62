# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# For builds against the ROS 2 wheels of PyPI. setup.py passes it as
# -DCMAKE_PROJECT_mask_detector_ros_INCLUDE=<this file>. Not used by colcon on a robot.
#
# The wheels export include directories of their build machine, and CMake rejects imported
# targets whose include directories do not exist. This removes those directories after
# CMakeLists.txt has been processed, when all targets are known.
cmake_minimum_required(VERSION 3.19)

function(_mask_detector_drop_missing_include_directories)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(directories "${target}" INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT directories)
      continue()
    endif()
    set(present "")
    foreach(directory IN LISTS directories)
      if(directory MATCHES "^\\$<" OR EXISTS "${directory}")
        list(APPEND present "${directory}")
      endif()
    endforeach()
    set_target_properties("${target}" PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${present}")
  endforeach()
endfunction()

cmake_language(DEFER CALL _mask_detector_drop_missing_include_directories)

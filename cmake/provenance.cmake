# SPDX-License-Identifier: Apache-2.0
# What a run's manifest says about the binary that made it.
find_package(Git QUIET)
set(APICAL_GIT_REVISION "unknown")
if(GIT_FOUND AND EXISTS ${CMAKE_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=12
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE APICAL_GIT_REVISION
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  # Reconfigure when HEAD moves, so that the revision in a manifest is the one that was built.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
endif()
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(APICAL_BUILD_FLAGS "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}")
# Where the sources lay is nobody's business, and differs from machine to machine.
string(REGEX REPLACE "-f[a-z]+-prefix-map=[^ ]+ *" "" APICAL_BUILD_FLAGS "${APICAL_BUILD_FLAGS}")
configure_file(${CMAKE_SOURCE_DIR}/cmake/build_info.cpp.in ${CMAKE_BINARY_DIR}/build_info.cpp @ONLY)

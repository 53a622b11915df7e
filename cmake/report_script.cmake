# SPDX-License-Identifier: Apache-2.0
# The script of reports, a file of the repository (web/build.mjs makes it), as part of the program: its text
# stands in a raw literal.
set(report_bundle ${CMAKE_SOURCE_DIR}/web/report.bundle.js)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${report_bundle})
file(READ ${report_bundle} APICAL_REPORT_SCRIPT)
configure_file(${CMAKE_SOURCE_DIR}/cmake/report_script.cpp.in ${CMAKE_BINARY_DIR}/report_script.cpp @ONLY)

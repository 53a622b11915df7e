# SPDX-License-Identifier: Apache-2.0
# What Debian's policy asks of files that `cmake --install` leaves as they are elsewhere: pages and the changelog are
# packed, the same bytes each time, and the static library has no names for debuggers.
file(GLOB pages ${CPACK_TEMPORARY_DIRECTORY}/usr/share/man/man1/*.1)
set(documents ${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/apical)
file(RENAME ${documents}/CHANGELOG.md ${documents}/changelog)
execute_process(COMMAND gzip -9 -n -f ${pages} ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE archives ${CPACK_TEMPORARY_DIRECTORY}/usr/lib/*.a)
execute_process(COMMAND strip --strip-unneeded --remove-section=.comment ${archives} COMMAND_ERROR_IS_FATAL ANY)

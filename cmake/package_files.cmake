# SPDX-License-Identifier: Apache-2.0
# What Debian's policy asks of files that `cmake --install` leaves as they are elsewhere: pages and the changelog are
# packed, the same bytes each time, and the static library has no names for debuggers.
file(GLOB pages ${CPACK_TEMPORARY_DIRECTORY}/usr/share/man/man1/*.1)
set(documents ${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/apical)
file(RENAME ${documents}/CHANGELOG.md ${documents}/changelog)
# The time is that of the release where SOURCE_DATE_EPOCH says it (tools/release.sh).
set(ENV{LC_ALL} C)
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${documents}/changelog.Debian "apical (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) bookworm; urgency=medium

  * Apical ${CPACK_PACKAGE_VERSION}.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
execute_process(COMMAND gzip -9 -n -f ${pages} ${documents}/changelog ${documents}/changelog.Debian
  COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE archives ${CPACK_TEMPORARY_DIRECTORY}/usr/lib/*.a)
execute_process(COMMAND strip --strip-unneeded --remove-section=.comment ${archives} COMMAND_ERROR_IS_FATAL ANY)

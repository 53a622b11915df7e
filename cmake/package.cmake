# SPDX-License-Identifier: Apache-2.0
# A package for Debian: `cpack -G DEB` in a build of the preset package (tools/release.sh does it). What it depends on
# is read from the program by dpkg-shlibdeps; the library is static, so that to build with it takes what
# tools/packages.sh installs.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME apical)
set(CPACK_PACKAGE_CONTACT "The Apical developers <apical@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libopenblas0-pthread | libopenblas0-serial | libblas3")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, librsvg2-bin")  # data sets; `apical plot --out x.pdf`
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "man-db, bash-completion, g++, cmake, pkg-config, libfmt-dev, libtomlplusplus-dev, nlohmann-json3-dev, libjpeg-dev, \
libpng-dev, zlib1g-dev, libstb-dev, libarchive-dev, libcurl4-openssl-dev, libssl-dev, libsqlite3-dev, libxxhash-dev, libhwy-dev, \
libhdf5-dev, libopenblas-dev")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "simulates circuits that assign credit the way cortex might")
# Below the summary; CPack puts a space before each line.
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Cortical microcircuits, spiking circuits with burst-dependent plasticity
and the credit rules of layered networks, trained on the same tasks with
the same seeds, and measured by the angle between the credit that each
assigns and the exact gradient. An experiment is a file in TOML, a run is
a directory with a report.
.
The package has the program, the experiments that come with it, its
documentation and the static library.")
# A revision of the package, so that the changelog is taken for upstream's.
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/package_files.cmake)
include(CPack)

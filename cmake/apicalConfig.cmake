# SPDX-License-Identifier: Apache-2.0
# find_package(apical): the target apical::apical, with the libraries it was linked with.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(fmt 9)
find_dependency(nlohmann_json 3.11)
find_dependency(tomlplusplus)
find_dependency(ZLIB)
find_dependency(libjpeg-turbo)
find_dependency(PNG)
find_dependency(LibArchive)
find_dependency(CURL)
find_dependency(OpenSSL COMPONENTS Crypto)
include(${CMAKE_CURRENT_LIST_DIR}/apicalTargets.cmake)

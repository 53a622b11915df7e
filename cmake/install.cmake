# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: the program, the experiments it comes with, pages, the library, and of headers
# the public ones (include/apical) with exactly those they reach. `find_package(apical)` and `pkg-config apical` then
# find it. Nothing of it names a place: the folder can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The headers that `header` includes of ours, and theirs, as paths below include/ or src/.
function(apical_reached header result)
  set(todo ${header})
  set(found ${${result}})
  while(todo)
    list(POP_FRONT todo next)
    if(next IN_LIST found)
      continue()
    endif()
    list(APPEND found ${next})
    file(STRINGS ${next} lines REGEX "^#include \"apical/")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${next})
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^#include \"([^\"]+)\".*" "\\1" name ${line})
      foreach(root include src)
        if(EXISTS ${CMAKE_SOURCE_DIR}/${root}/${name})
          list(APPEND todo ${CMAKE_SOURCE_DIR}/${root}/${name})
        endif()
      endforeach()
    endforeach()
  endwhile()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

file(GLOB public_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/apical/*.h)
set(reached)
foreach(header IN LISTS public_headers)
  apical_reached(${header} reached)
endforeach()
foreach(header IN LISTS reached)
  cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" OUTPUT_VARIABLE name)
  string(REGEX REPLACE "^(include|src)/" "" name ${name})
  get_filename_component(folder ${name} DIRECTORY)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder})
endforeach()

install(TARGETS apical_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET apical_mpi)
  install(TARGETS apical_mpi LIBRARY DESTINATION lib/apical)  # where cli/mpi.cpp looks for it
endif()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/experiments/ DESTINATION ${CMAKE_INSTALL_DATADIR}/apical/experiments)
install(TARGETS apical apical_dependencies EXPORT apicalTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT apicalTargets NAMESPACE apical:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/apical)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/apicalConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_SOURCE_DIR}/cmake/apicalConfig.cmake ${CMAKE_BINARY_DIR}/apicalConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/apical)

# For those who do not use CMake.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE libdir)
string(REGEX REPLACE "[^/]+" ".." APICAL_PC_UP "${libdir}/pkgconfig")
list(TRANSFORM BLAS_LIBRARIES REPLACE "^.*/lib([^/]+)\\.(so|a)$" "-l\\1" OUTPUT_VARIABLE APICAL_PC_BLAS)
list(JOIN APICAL_PC_BLAS " " APICAL_PC_BLAS)
configure_file(${CMAKE_SOURCE_DIR}/cmake/apical.pc.in ${CMAKE_BINARY_DIR}/apical.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/apical.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# What the program says of itself: written by the program that is installed, so that it cannot be of another.
set(pages ${CMAKE_BINARY_DIR}/pages)
install(CODE "
  file(REMOVE_RECURSE ${pages})
  file(MAKE_DIRECTORY ${pages}/bash ${pages}/zsh ${pages}/fish)
  execute_process(COMMAND $<TARGET_FILE:apical_cli> man --out ${pages}/man COMMAND_ERROR_IS_FATAL ANY)
  foreach(file bash/apical zsh/_apical fish/apical.fish)
    get_filename_component(shell \${file} DIRECTORY)
    execute_process(COMMAND $<TARGET_FILE:apical_cli> completion \${shell} OUTPUT_FILE ${pages}/\${file}
      COMMAND_ERROR_IS_FATAL ANY)
  endforeach()")
install(DIRECTORY ${pages}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${pages}/bash/apical DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${pages}/zsh/_apical DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${pages}/fish/apical.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
  PATTERN frames EXCLUDE PATTERN site EXCLUDE PATTERN build-time.md EXCLUDE)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CITATION.cff ${CMAKE_SOURCE_DIR}/CHANGELOG.md
  ${CMAKE_SOURCE_DIR}/THIRD-PARTY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
include(${CMAKE_CURRENT_LIST_DIR}/package.cmake)

# SPDX-License-Identifier: Apache-2.0
# Most of what the compiler does with one of our files is reading the headers of others and compiling what they
# hold inline, over and over. apical_bundle(TARGET ALONE) hands it the files of a room together: that takes half
# the time. It is for builds from nothing; while working, one changed file should compile one file, so it is off
# unless asked for.
#
# Files of one room then share their unnamed namespaces: a name that two of them define is an error, mended by
# a better name. Compiled alone are files of an engine's instructions (their flags differ), and those that match
# ALONE: with templates instantiated in several files, or with names of their own for the same things.
option(APICAL_BUNDLES "Compile the files of a room together: for builds from nothing" OFF)
set(apical_bundle_size 40)

function(apical_bundle target alone)
  if(NOT APICAL_BUNDLES)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "\\.kernels\\.cpp$")
  list(SORT sources)
  set(rooms "${CMAKE_SOURCE_DIR}/src/apical")
  set(last_room "")
  foreach(source IN LISTS sources)
    # Paths within src/apical, whatever stands above the checkout.
    cmake_path(IS_PREFIX rooms "${source}" ours)
    if(NOT ours)
      continue()
    endif()
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${rooms}" OUTPUT_VARIABLE path)
    if(alone AND path MATCHES "${alone}")
      continue()
    endif()
    string(REGEX REPLACE "/.*" "" room ${path})
    if(NOT room STREQUAL last_room)
      set(last_room ${room})
      set(count 0)
    endif()
    math(EXPR bundle "${count} / ${apical_bundle_size}")
    math(EXPR count "${count} + 1")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${room}_${bundle})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # What stands in a bundle stands, for g++, in a header.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# g++ collects garbage as if memory were dear; to do so less often saves a tenth of the time. Like bundles not while
# working, where the same flags for all mean that ccache finds more.
if(APICAL_BUNDLES AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(--param=ggc-min-expand=500 --param=ggc-min-heapsize=500000)
endif()

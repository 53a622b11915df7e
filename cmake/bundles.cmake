# SPDX-License-Identifier: Apache-2.0
# Most of what the compiler does with one of our files is reading the headers of others: the whole library read
# once, room by room, takes a minute of it, file by file more than three. apical_bundle(TARGET) hands the files of
# each folder to it by the dozen. That is for builds from nothing; while working, one changed file should
# compile one file, so it is off unless asked for.
#
# Files of one folder then share their unnamed namespaces: a name that two of them define is an error, mended by
# a better name. Compiled alone are files of an engine's instructions (their flags differ), those with templates
# instantiated in several files, and those named in `alone`.
option(APICAL_BUNDLES "Compile the files of a folder by the dozen: for builds from nothing" OFF)
set(apical_bundle_size 12)

function(apical_bundle target alone)
  if(NOT APICAL_BUNDLES)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "^${CMAKE_SOURCE_DIR}/src/")
  list(FILTER sources EXCLUDE REGEX "\\.kernels\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "${alone}")
  list(SORT sources)
  set(last_folder "")
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} DIRECTORY)
    if(NOT folder STREQUAL last_folder)
      set(last_folder ${folder})
      set(count 0)
    endif()
    math(EXPR bundle "${count} / ${apical_bundle_size}")
    math(EXPR count "${count} + 1")
    string(REPLACE "${CMAKE_SOURCE_DIR}/src/apical/" "" name ${folder})
    string(MAKE_C_IDENTIFIER "${name}_${bundle}" name)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${name})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # What stands in a bundle stands, for g++, in a header.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# g++ collects garbage as if memory were dear; a fifth more of it saves a tenth of the time. Like bundles not while
# working, where the same flags for all mean that ccache finds more.
if(APICAL_BUNDLES AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(--param=ggc-min-expand=500 --param=ggc-min-heapsize=500000)
endif()

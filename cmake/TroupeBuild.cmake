# SPDX-License-Identifier: Apache-2.0
#
# How Troupe's targets are made: include paths, warnings, checks, hardening.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# A project that we are a part of chooses for all of its parts.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE
   AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

include(GNUInstallDirs)
include(CheckCXXSymbolExists)
include(CheckLinkerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

# Programs end up in one place, `bin/` of the build directory, as they will in
# an installation.
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
else()
  # Our targets lead to those of packages, in the folders of others as well.
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
endif()

# In the tree as in an installation, includes start with "troupe/".
set(TROUPE_INCLUDE_DIR "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${TROUPE_INCLUDE_DIR}")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}" "${TROUPE_INCLUDE_DIR}/troupe" SYMBOLIC)
set(TROUPE_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")

# A compiler cache where there is one. Paths below the source root count as
# relative, so that a second clone finds the first one's results.
option(TROUPE_CCACHE "Compile through ccache if it is installed"
       ${PROJECT_IS_TOP_LEVEL})
if(TROUPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(TROUPE_CCACHE_PROGRAM ccache)
  mark_as_advanced(TROUPE_CCACHE_PROGRAM)
  if(TROUPE_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
        "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros
        "${TROUPE_CCACHE_PROGRAM}")
  endif()
endif()

# Flags that only our own code gets, not what includes it.
add_library(troupe_flags INTERFACE)
target_compile_options(troupe_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
  $<$<BOOL:${TROUPE_WERROR}>:-Werror>)
if(TROUPE_SANITIZERS)
  # UBSan's check of virtual tables asks the kernel, through a pipe, whether it
  # may read them. Some tests leave the process without descriptors on purpose,
  # and then it calls every object a broken one.
  add_compile_options(-fsanitize=${TROUPE_SANITIZERS} -fno-sanitize=vptr
                      -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TROUPE_SANITIZERS})
endif()

# troupe_check_library_use(): makes the standard library end the program where
# we use it against its rules, such as with an index that is out of bounds. For
# builds that look for faults. Some compilers come with it.
function(troupe_check_library_use)
  check_cxx_symbol_exists(_GLIBCXX_ASSERTIONS cstddef TROUPE_CXX_CHECKS_ITSELF)
  if(NOT TROUPE_CXX_CHECKS_ITSELF)
    add_compile_definitions(_GLIBCXX_ASSERTIONS)
  endif()
endfunction()

# troupe_harden(): what a distribution does for a program that listens: a fault
# in memory ends it instead of being somebody's way in. Needs an optimiser.
function(troupe_harden)
  add_compile_options(-fstack-protector-strong)
  # Whoever sets a level has a reason to.
  if(NOT CMAKE_CXX_FLAGS MATCHES "_FORTIFY_SOURCE")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  add_link_options(LINKER:-z,relro LINKER:-z,now)
endfunction()

if(CMAKE_BUILD_TYPE STREQUAL "Debug" OR TROUPE_SANITIZERS)
  troupe_check_library_use()
else()
  troupe_harden()
endif()

# troupe_precompile(TARGET HEADERS...): parses headers of other libraries once
# for all sources of a target, where that takes more time than the sources. None
# of ours is among them: a change of it would be a change of everything.
option(TROUPE_PCH "Precompile headers of other libraries" ${PROJECT_IS_TOP_LEVEL})
function(troupe_precompile target)
  if(NOT TROUPE_PCH)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE ${ARGN})
  # Without these, a compiler cache finds no result again.
  target_compile_options(${target} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
    $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
endfunction()

# Most of what a compiler does here is to instantiate what CAF is made of, which
# sources that are compiled together share: a third of the time for tests, half
# for the library. Whoever changes the same few files again and again is better
# off without it.
option(TROUPE_UNITY "Compile several sources at once" OFF)
if(TROUPE_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC takes a source that another one includes for a header.
    target_compile_options(troupe_flags INTERFACE -Wno-subobject-linkage)
  endif()
endif()

find_program(TROUPE_MOLD mold)
mark_as_advanced(TROUPE_MOLD)
if(TROUPE_MOLD)
  check_linker_flag(CXX -fuse-ld=mold TROUPE_LINKS_WITH_MOLD)
endif()
if(TROUPE_LINKS_WITH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# troupe_name_target(NAME): "troupe_core" is "troupe::core" to those who use it,
# whether from the build tree or from an installation.
function(troupe_name_target name)
  string(REGEX REPLACE "^troupe_" "" exported "${name}")
  add_library(troupe::${exported} ALIAS ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${exported})
endfunction()

# troupe_add_library(NAME SOURCES...): a library of ours. cmake/TroupeInstall
# lists those that are installed.
function(troupe_add_library name)
  add_library(${name} ${ARGN})
  troupe_name_target(${name})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC
    "$<BUILD_INTERFACE:${TROUPE_INCLUDE_DIR}>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:troupe_flags>)
endfunction()

# troupe_add_proto(NAME FILES...): the library generated from .proto files that
# are named relative to the source root, and that import each other as
# "troupe/proto/x.proto".
function(troupe_add_proto name)
  set(generated)
  foreach(file IN LISTS ARGN)
    string(REGEX REPLACE "\\.proto$" "" stem "${file}")
    set(base "${TROUPE_GENERATED_DIR}/troupe/${stem}.pb")
    add_custom_command(
      OUTPUT "${base}.cc" "${base}.h"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${TROUPE_GENERATED_DIR}"
      COMMAND protobuf::protoc "-I${TROUPE_INCLUDE_DIR}"
              "--cpp_out=${TROUPE_GENERATED_DIR}"
              "${TROUPE_INCLUDE_DIR}/troupe/${file}"
      DEPENDS "${PROJECT_SOURCE_DIR}/${file}" protobuf::protoc
      COMMENT "Generating ${stem}.pb.h"
      VERBATIM)
    list(APPEND generated "${base}.cc" "${base}.h")
  endforeach()
  add_library(${name} ${generated})
  troupe_name_target(${name})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} SYSTEM PUBLIC
    "$<BUILD_INTERFACE:${TROUPE_GENERATED_DIR}>")
  target_include_directories(${name} PUBLIC
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
  # What protoc makes does not go together.
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
endfunction()

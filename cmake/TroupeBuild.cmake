# SPDX-License-Identifier: Apache-2.0
#
# How Troupe's targets are made: include paths, warnings, sanitizers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

include(GNUInstallDirs)

# In the tree as in an installation, includes start with "troupe/".
set(TROUPE_INCLUDE_DIR "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${TROUPE_INCLUDE_DIR}")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}" "${TROUPE_INCLUDE_DIR}/troupe" SYMBOLIC)
set(TROUPE_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")

# Flags that only our own code gets, not what includes it.
add_library(troupe_flags INTERFACE)
target_compile_options(troupe_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
  $<$<BOOL:${TROUPE_WERROR}>:-Werror>)
if(TROUPE_SANITIZERS)
  add_compile_options(-fsanitize=${TROUPE_SANITIZERS}
                      -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TROUPE_SANITIZERS})
endif()
find_program(TROUPE_MOLD mold)
if(TROUPE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# troupe_add_library(NAME SOURCES...)
function(troupe_add_library name)
  add_library(${name} STATIC ${ARGN})
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
  add_library(${name} STATIC ${generated})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} SYSTEM PUBLIC
    "$<BUILD_INTERFACE:${TROUPE_GENERATED_DIR}>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
endfunction()

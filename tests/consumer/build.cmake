# SPDX-License-Identifier: Apache-2.0
#
# Builds the programs beside this file against the installation that
# install.cmake has made, as any user would, and runs them.
#
#   cmake -D SCRATCH_DIR=... -D SOURCE_DIR=... -D GENERATOR=...
#         -D CXX_COMPILER=... -D CXX_FLAGS=... -D CCACHE=...
#         -D PREFIX_PATH=... -D FIRST_TYPE_ID=... -D DEPENDS=...
#         -D TARGETS=... -P build.cmake

cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

# What was compiled with the same headers is not compiled again, wherever the
# tree is now.
if(CCACHE)
  set(ENV{CCACHE_BASEDIR} "${SCRATCH_DIR}")
  set(ENV{CCACHE_NOHASHDIR} 1)
endif()

set(build "${SCRATCH_DIR}/build")
run("configuring the consumer" "${CMAKE_COMMAND}"
    -S "${CMAKE_CURRENT_LIST_DIR}" -B "${build}" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${CCACHE}"
    "-DCMAKE_PREFIX_PATH=${SCRATCH_DIR}/prefix;${PREFIX_PATH}"
    "-DSOURCE_DIR=${SOURCE_DIR}")
run("building the consumer" "${CMAKE_COMMAND}" --build "${build}"
    --target ${TARGETS})
if("headers" IN_LIST TARGETS)
  return()
endif()

# Options of a node are options of the program, on its command line and in its
# configuration file, and --dump-config shows them.
file(WRITE "${SCRATCH_DIR}/caf.conf" "troupe { max-peers = 100 }\n")
set(node_line "a node came and went: \
message(consumer::greeting(\"hello\"), shutting_down, consumer::farewell(\"bye\")), \
its types from ${FIRST_TYPE_ID}")
set(key "--troupe.node-key-file=${SCRATCH_DIR}/key.json")
set(from_file "--config-file=${SCRATCH_DIR}/caf.conf")
expect("at most 100 peers; ${node_line}"
  "${build}/consumer" "${from_file}" "${key}")
expect("at most 200 peers; ${node_line}"
  "${build}/consumer" "${from_file}" "${key}" --troupe.max-peers=200)
run("dumping the configuration" "${build}/consumer" --troupe.max-peers=200
    --dump-config)
foreach(line IN ITEMS "max-peers = 200" "max-dials = 32")
  if(NOT output MATCHES "${line}")
    message(FATAL_ERROR "--dump-config has no '${line}': ${output}")
  endif()
endforeach()
execute_process(COMMAND "${build}/consumer" "${key}" --troupe.max-per-ip=0
  RESULT_VARIABLE status ERROR_VARIABLE error OUTPUT_QUIET)
if(status EQUAL 0 OR NOT error MATCHES "troupe.max-per-ip: .0. is not")
  message(FATAL_ERROR "--troupe.max-per-ip=0 ended with ${status}: ${error}")
endif()
expect("two simulated nodes exchanged 4 pings" "${build}/simulated")
run("running mempool" "${build}/mempool" 1)
expect("a transport from outside does what transports do"
  "${build}/own_transport")
expect("alice: 127.0.0.1:PORT
bob: text: \"hello from alice\"
alice: text: \"hello from bob\"" "${CMAKE_CURRENT_LIST_DIR}/hello/run"
       "${build}/hello/hello")

# -- without CMake -------------------------------------------------------------

find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(NOT PKG_CONFIG)
  message(STATUS "pkg-config is not here, and not tried")
  return()
endif()
file(GLOB_RECURSE description "${SCRATCH_DIR}/prefix/troupe.pc")
cmake_path(GET description PARENT_PATH folder)
set(ENV{PKG_CONFIG_PATH} "${folder}")
run("pkg-config" "${PKG_CONFIG}" --cflags --libs troupe)
separate_arguments(flags UNIX_COMMAND "${CXX_FLAGS} ${output}")
run("building with pkg-config" "${CXX_COMPILER}" -std=c++20
    -MD -MF "${SCRATCH_DIR}/plain.d" -Wl,--trace
    "${CMAKE_CURRENT_LIST_DIR}/main.cpp" -o "${SCRATCH_DIR}/plain" ${flags})
set(taken "${output}")
expect("at most 100 peers; ${node_line}"
  "${SCRATCH_DIR}/plain" "${from_file}" "${key}")

# -- what a package of this depends on ------------------------------------------

find_program(APT_CACHE apt-cache)
if(NOT APT_CACHE OR NOT DEPENDS)
  message(STATUS "packages are not made here, and not looked at")
  return()
endif()
# Each header and library has to come from one of those, or a compiler.
string(REGEX REPLACE "\\([^)]*\\)| " "" packages "${DEPENDS}")
string(REPLACE "," ";" packages "${packages}")
list(REMOVE_ITEM packages troupe)
file(READ "${SCRATCH_DIR}/plain.d" headers)
string(APPEND taken "\n${headers}")
string(REGEX MATCHALL "/[^ \n()]+" taken "${taken}")
list(REMOVE_DUPLICATES taken)
list(LENGTH taken count)
list(JOIN taken "\n" taken)
file(WRITE "${SCRATCH_DIR}/taken" "${taken}\n")
execute_process(COMMAND "${CMAKE_CURRENT_LIST_DIR}/owners" ${packages}
  INPUT_FILE "${SCRATCH_DIR}/taken" OUTPUT_VARIABLE strangers
  COMMAND_ERROR_IS_FATAL ANY)
if(strangers)
  message(FATAL_ERROR "libtroupe-dev does not depend on what a program takes: "
                      "${strangers}")
endif()
message(STATUS "${count} files, all from ${DEPENDS}")

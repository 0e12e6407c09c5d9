# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` puts where, and what find_package(troupe) and pkg-config
# need. Nothing of it names a folder of this machine.

include(CMakePackageConfigHelpers)
include("${CMAKE_CURRENT_LIST_DIR}/TroupeHeaders.cmake")

# troupe_install(TARGETS...): those libraries, the public headers, the generated
# Protobuf headers and the package files.
function(troupe_install)
  if(NOT TROUPE_INSTALL)
    return()
  endif()
  foreach(target IN LISTS ARGN)
    troupe_run_path(${target} "${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(${target} PROPERTIES
      VERSION "${PROJECT_VERSION}"
      SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
  endforeach()
  install(TARGETS ${ARGN}
    EXPORT troupeTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime
      NAMELINK_COMPONENT development)
  troupe_install_caf()
  # What has to be built before: tests and samples do not.
  add_custom_target(troupe_installed)
  add_dependencies(troupe_installed ${ARGN})

  # "troupe/messages/errc.hpp" in the tree is the same file for a consumer. What
  # the public headers include is found out when they are installed.
  install(CODE "
    include(\"${PROJECT_SOURCE_DIR}/cmake/TroupeHeaders.cmake\")
    troupe_with_included(headers \"${PROJECT_SOURCE_DIR}\"
                         \${TROUPE_PUBLIC_HEADERS})
    foreach(header IN LISTS headers)
      get_filename_component(folder \"\${header}\" DIRECTORY)
      file(INSTALL \"${PROJECT_SOURCE_DIR}/\${header}\" DESTINATION
        \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}/troupe/\${folder}\")
    endforeach()"
    COMPONENT development)
  install(DIRECTORY "${TROUPE_GENERATED_DIR}/troupe/proto"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe"
    COMPONENT development
    FILES_MATCHING PATTERN "*.pb.h")
  install(DIRECTORY proto
    DESTINATION "${CMAKE_INSTALL_DATADIR}/troupe"
    COMPONENT development
    FILES_MATCHING PATTERN "*.proto")

  set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/troupe")
  install(EXPORT troupeTargets
    NAMESPACE troupe::
    DESTINATION "${package_dir}"
    COMPONENT development)
  configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/troupeConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/troupeConfig.cmake"
    INSTALL_DESTINATION "${package_dir}"
    PATH_VARS TROUPE_CAF_DESTINATION)
  write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/troupeConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES
    "${PROJECT_BINARY_DIR}/troupeConfig.cmake"
    "${PROJECT_BINARY_DIR}/troupeConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindBotan.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindCAres.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindIpsecMb.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindMicrohttpd.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindMiniupnpc.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindNatpmp.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindNgtcp2.cmake"
    DESTINATION "${package_dir}"
    COMPONENT development)
  troupe_install_pkgconfig()
  install(FILES
    "${PROJECT_SOURCE_DIR}/LICENSE"
    "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}"
    COMPONENT runtime)
endfunction()

# troupe_install_pkgconfig(): the same for builds that are not CMake's.
function(troupe_install_pkgconfig)
  set(folder "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
  file(RELATIVE_PATH prefix "/${folder}" "/")
  string(REGEX REPLACE "/$" "" prefix "${prefix}")
  set(caf_cflags "")
  set(caf_libs "-lcaf_io -lcaf_core")
  if(TROUPE_SHIP_CAF)
    set(where "\${prefix}/${TROUPE_CAF_DESTINATION}")
    set(caf_cflags "-isystem ${where}/include ")
    set(caf_libs
      "-L${where}/lib -Wl,-rpath,${where}/lib -lcaf_io -lcaf_core")
  endif()
  # What static libraries use is linked by whoever links them.
  string(REGEX MATCH "^[0-9]+" botan "${Botan_VERSION}")
  set(uses "botan-${botan}, libcares, libcrypto, libmicrohttpd, spdlog, sqlite3")
  if(Miniupnpc_FOUND)
    string(APPEND uses ", miniupnpc")
  endif()
  if(Ngtcp2_FOUND)
    string(APPEND uses ", libngtcp2_crypto_gnutls, libngtcp2, gnutls")
  endif()
  # Those that come without a description of their own.
  set(others "")
  if(IpsecMb_FOUND)
    string(APPEND others " -lIPSec_MB")
  endif()
  if(Natpmp_FOUND)
    string(APPEND others " -lnatpmp")
  endif()
  set(requires "fmt, protobuf")
  set(requires_private "")
  if(BUILD_SHARED_LIBS)
    set(requires_private "${uses}")
    set(others "")
  else()
    string(APPEND requires ", ${uses}")
  endif()
  foreach(package troupe troupe-testing)
    configure_file("${PROJECT_SOURCE_DIR}/cmake/${package}.pc.in"
      "${PROJECT_BINARY_DIR}/${package}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${package}.pc"
      DESTINATION "${folder}" COMPONENT development)
  endforeach()
endfunction()

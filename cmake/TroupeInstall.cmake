# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` puts where, and what find_package(troupe) needs.

include(CMakePackageConfigHelpers)

# troupe_install(TARGETS...): those libraries, the headers of the folders they
# come from, the generated Protobuf headers and the package files.
function(troupe_install)
  if(NOT TROUPE_INSTALL)
    return()
  endif()
  install(TARGETS ${ARGN}
    EXPORT troupeTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)

  # "troupe/messages/errc.hpp" in the tree is the same file for a consumer.
  install(DIRECTORY messages peerstore transport actors
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe"
    COMPONENT development
    FILES_MATCHING PATTERN "*.hpp")
  install(DIRECTORY tests/harness
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe/tests"
    COMPONENT development
    FILES_MATCHING PATTERN "*.hpp"
    PATTERN "*.test.hpp" EXCLUDE)
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
    INSTALL_DESTINATION "${package_dir}")
  write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/troupeConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES
    "${PROJECT_BINARY_DIR}/troupeConfig.cmake"
    "${PROJECT_BINARY_DIR}/troupeConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindBotan.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindCAres.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindMicrohttpd.cmake"
    DESTINATION "${package_dir}"
    COMPONENT development)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}"
    COMPONENT development)
endfunction()

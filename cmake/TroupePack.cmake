# SPDX-License-Identifier: Apache-2.0
#
# What `cpack` makes: two Debian packages, the command and the files of
# developers. CAF is inside the first, in a folder of its own (see TroupeCaf).

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME troupe)
set(CPACK_PACKAGE_VENDOR "The Troupe authors")
set(TROUPE_PACKAGE_CONTACT "The Troupe authors <troupe@localhost>" CACHE STRING
    "Name and address of whoever publishes the packages")
set(CPACK_PACKAGE_CONTACT "${TROUPE_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_DEB_COMPONENT_INSTALL ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME troupe)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
"The command troupe runs, steers, probes and maps nodes that speak the
peer-to-peer protocol of Tendermint and CometBFT.")
# Looks up which packages have the libraries that the program is linked to.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
if(TROUPE_SHIP_CAF)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${TROUPE_CAF_PREFIX}/lib")
endif()

# The service has a user of its own, and kill reloads it.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA
  "${PROJECT_SOURCE_DIR}/cmake/debian/postinst"
  "${PROJECT_SOURCE_DIR}/cmake/debian/prerm"
  "${PROJECT_SOURCE_DIR}/cmake/debian/postrm")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "passwd, procps")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libtroupe-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"Libraries, headers, and the harness that runs whole networks of nodes in one
thread, in virtual time.")
string(REGEX MATCH "^[0-9]+" botan "${Botan_VERSION}")
string(CONCAT CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "troupe (= ${PROJECT_VERSION}), libbotan-${botan}-dev, libc-ares-dev, "
  "libfmt-dev, libmicrohttpd-dev, libprotobuf-dev, protobuf-compiler, "
  "libspdlog-dev, libsqlite3-dev, libssl-dev")
if(IpsecMb_FOUND)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libipsec-mb-dev")
endif()
if(Miniupnpc_FOUND)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libminiupnpc-dev")
endif()
if(Natpmp_FOUND)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libnatpmp-dev")
endif()
if(Ngtcp2_FOUND)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    ", libngtcp2-dev, libngtcp2-crypto-gnutls-dev, libgnutls28-dev")
endif()

# Whose work is in each of them.
foreach(pair "troupe;runtime" "libtroupe-dev;development")
  list(POP_FRONT pair name)
  install(FILES "${PROJECT_SOURCE_DIR}/cmake/copyright"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${name}" COMPONENT ${pair})
endforeach()

# The rest of what Debian expects. Its changes are dated as ours are.
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/debian/finish.cmake")
set(CPACK_TROUPE_STRIP "${CMAKE_STRIP}")
file(TIMESTAMP "${PROJECT_SOURCE_DIR}/CHANGELOG.md" CPACK_TROUPE_CHANGED
  "%a, %d %b %Y %H:%M:%S +0000" UTC)

include(CPack)

# SPDX-License-Identifier: Apache-2.0
# What is installed of the library: `library` for programs that run with it, `development` for those
# who build against it. Nothing of it knows where it lies: it may be moved as a whole.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/loom-credentials)
file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" prefix_from_pkgconfig "${prefix_from_pkgconfig}")

# What the static library needs besides; the shared one brings it along.
set(static_needs "-luriparser -ldl -pthread")

configure_file(${CMAKE_CURRENT_SOURCE_DIR}/loom-credentials.pc.in loom-credentials.pc @ONLY)
configure_package_config_file(${CMAKE_CURRENT_SOURCE_DIR}/loom-credentials-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/loom-credentials-config.cmake
  INSTALL_DESTINATION ${package_folder} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
# Below 1.0 a new minor version may change the interface.
write_basic_package_version_file(
  ${CMAKE_CURRENT_BINARY_DIR}/loom-credentials-config-version.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)

install(TARGETS loom_credentials EXPORT loom-credentials
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(EXPORT loom-credentials NAMESPACE loom-credentials:: DESTINATION ${package_folder}
  FILE loom-credentials-targets.cmake COMPONENT development)
install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/loom COMPONENT development)
install(FILES ${static_library} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/loom-credentials.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/loom-credentials-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/loom-credentials-config-version.cmake
  DESTINATION ${package_folder} COMPONENT development)

# SPDX-License-Identifier: GPL-2.0-or-later
# What other programs build on, and what `cmake --install` puts where: the
# library libfovea with all rooms in it, the headers that docs/API.md names
# with those they include, a CMake package and a pkg-config file.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(rooms codec codec_decode codec_formats sensitivity filter store index api)
list(TRANSFORM rooms REPLACE "(.+)" "$<TARGET_OBJECTS:fovea_\\1>"
     OUTPUT_VARIABLE objects)
add_library(libfovea SHARED ${objects})
# The archives add nothing: what they need of other libraries comes with them.
target_link_libraries(libfovea
  PRIVATE fovea_api
  INTERFACE absl::status absl::statusor absl::synchronization
            absl::flat_hash_map)
target_compile_features(libfovea INTERFACE cxx_std_20)
target_include_directories(libfovea
  INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(libfovea PROPERTIES
  OUTPUT_NAME fovea EXPORT_NAME fovea
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_options(libfovea PRIVATE LINKER:-z,defs)

install(TARGETS libfovea EXPORT fovea LIBRARY)
install(EXPORT fovea NAMESPACE fovea:: FILE foveaTargets.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fovea)

install(CODE "
  set(source \"${PROJECT_SOURCE_DIR}\")
  set(include \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")
  include(\"${PROJECT_SOURCE_DIR}/cmake/InstallHeaders.cmake\")")

# Wherever it is installed, or moved to.
file(RELATIVE_PATH up_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" up_to_prefix ${up_to_prefix})
configure_file(${PROJECT_SOURCE_DIR}/cmake/fovea.pc.in fovea.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fovea.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/foveaConfig.cmake.in foveaConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fovea)
write_basic_package_version_file(foveaConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/foveaConfig.cmake
              ${PROJECT_BINARY_DIR}/foveaConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fovea)

# `cmake --install`: libraries, headers, the command line, and a package that find_package(heddle) finds.
include(CMakePackageConfigHelpers)

set(heddle_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/heddle)
install(TARGETS heddle_sim heddle_properties heddle_models heddle_postgres_live heddle_kv_live heddle_scenarios
  EXPORT heddle_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/heddle)
install(EXPORT heddle_targets NAMESPACE heddle:: DESTINATION ${heddle_package_dir})

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/heddle-config.cmake.in ${PROJECT_BINARY_DIR}/heddle-config.cmake
  INSTALL_DESTINATION ${heddle_package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/heddle-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/heddle-config.cmake
  ${PROJECT_BINARY_DIR}/heddle-config-version.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindPcg.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindPgQuery.cmake
  DESTINATION ${heddle_package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

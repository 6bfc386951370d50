# The PCG random number generators (libpcg-cpp-dev): headers only, and no CMake package of their own.
# Defines pcg::pcg.
find_path(PCG_INCLUDE_DIR pcg_random.hpp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Pcg REQUIRED_VARS PCG_INCLUDE_DIR)
mark_as_advanced(PCG_INCLUDE_DIR)
if(Pcg_FOUND AND NOT TARGET pcg::pcg)
  add_library(pcg::pcg INTERFACE IMPORTED)
  set_target_properties(pcg::pcg PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${PCG_INCLUDE_DIR}")
endif()

# One static library per top-level folder; sources are found by folder, so a new file needs no edit here.
option(HEDDLE_UNITY "Compile sources together, eight at a time: most of the cost of one is in headers. For builds from scratch" OFF)
set(HEDDLE_TEST_FLAGS "" CACHE STRING "Further flags for tests and the command line: -O0 is compiled in half the time")
separate_arguments(HEDDLE_TEST_FLAGS)
# In scenarios, many files use the same few words, such as "Protocol", for what is theirs.
set(HEDDLE_SEPARATE heddle_scenarios CACHE STRING "Targets whose sources are never compiled together")

add_library(heddle_build_flags INTERFACE)
target_compile_features(heddle_build_flags INTERFACE cxx_std_20)
target_compile_options(heddle_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast -Werror)
if(HEDDLE_UNITY)  # a name in another file is none that this one hides
  target_compile_options(heddle_build_flags INTERFACE -Wno-shadow)
endif()
# Checked containers cost a tenth of an exploration's speed: for the builds that look for mistakes.
target_compile_definitions(heddle_build_flags INTERFACE $<$<NOT:$<CONFIG:RelWithDebInfo,Release>>:_GLIBCXX_ASSERTIONS>)

# heddle_unity(TARGET OUT SOURCE...): in OUT, the sources to compile for TARGET: these, or files that join them.
function(heddle_unity target out)
  if(NOT HEDDLE_UNITY OR target IN_LIST HEDDLE_SEPARATE)
    set(${out} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(joined)
  list(LENGTH ARGN count)
  math(EXPR last "${count} - 1")
  foreach(first RANGE 0 ${last} 8)
    list(SUBLIST ARGN ${first} 8 batch)
    set(file ${CMAKE_CURRENT_BINARY_DIR}/${target}_unity/${first}.cpp)
    add_custom_command(OUTPUT ${file}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/${target}_unity
      COMMAND awk -v root=${PROJECT_SOURCE_DIR}/ -f ${PROJECT_SOURCE_DIR}/cmake/unity.awk ${batch} > ${file}
      DEPENDS ${batch} ${PROJECT_SOURCE_DIR}/cmake/unity.awk VERBATIM)
    list(APPEND joined ${file})
  endforeach()
  set(${out} ${joined} PARENT_SCOPE)
endfunction()

# heddle_library(NAME [EXCLUDE folder...] [PUBLIC target...] [PRIVATE target...]): the library heddle::NAME of the current
# folder, without the folders that are libraries of their own. Its headers are a file set: they are installed with it, and
# the target all_verify_interface_header_sets compiles each on its own.
function(heddle_library name)
  cmake_parse_arguments(ARG "" "" "EXCLUDE;PUBLIC;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  foreach(folder IN LISTS ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${folder}/")
    list(FILTER headers EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${folder}/")
  endforeach()
  if(sources)
    heddle_unity(heddle_${name} sources ${sources})
    add_library(heddle_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(heddle_${name} PUBLIC ${ARG_PUBLIC} PRIVATE $<BUILD_INTERFACE:heddle_build_flags> ${ARG_PRIVATE})
    target_compile_features(heddle_${name} PUBLIC cxx_std_20)
  else()
    add_library(heddle_${name} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(heddle_${name} INTERFACE ${ARG_PUBLIC})
    target_compile_features(heddle_${name} INTERFACE cxx_std_20)
  endif()
  add_library(heddle::${name} ALIAS heddle_${name})
  set_target_properties(heddle_${name} PROPERTIES EXPORT_NAME ${name})
  target_sources(heddle_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
endfunction()

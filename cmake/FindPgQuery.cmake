# libpg_query (libpg-query-dev): the PostgreSQL grammar as a library, without a CMake package or a pkg-config file.
# Defines pg_query::pg_query.
find_path(PG_QUERY_INCLUDE_DIR pg_query.h)
find_library(PG_QUERY_LIBRARY pg_query)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(PgQuery REQUIRED_VARS PG_QUERY_LIBRARY PG_QUERY_INCLUDE_DIR)
mark_as_advanced(PG_QUERY_INCLUDE_DIR PG_QUERY_LIBRARY)
if(PgQuery_FOUND AND NOT TARGET pg_query::pg_query)
  add_library(pg_query::pg_query UNKNOWN IMPORTED)
  set_target_properties(pg_query::pg_query PROPERTIES
    IMPORTED_LOCATION "${PG_QUERY_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${PG_QUERY_INCLUDE_DIR}")
endif()

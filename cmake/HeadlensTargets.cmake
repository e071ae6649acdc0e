# headlens_room(NAME [JSON] SOURCES file... DEPENDS room-or-library...)
#   One static library a room of the tree; DEPENDS are its only allowed includes. JSON: most of its
#   sources include nlohmann's.
# headlens_test(NAME SOURCES file... DEPENDS room...)
#   One GoogleTest program a room, registered with ctest.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

find_program(HEADLENS_CCACHE ccache)
if(HEADLENS_CCACHE)
  # ccache keeps objects built with precompiled headers only if it is told so.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${HEADLENS_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(HEADLENS_MOLD mold)
if(HEADLENS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
if(HEADLENS_SANITIZE)
  add_compile_definitions(HEADLENS_SANITIZED)
  add_compile_options(-fsanitize=${HEADLENS_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${HEADLENS_SANITIZE})
endif()

# GCC 12 sees overlapping copies in std::string where there are none (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-restrict)
endif()

function(headlens_compile_options target)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wno-psabi)
  if(HEADLENS_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

set(HEADLENS_PRECOMPILED_json <fmt/format.h> <nlohmann/json.hpp>)
set(HEADLENS_PRECOMPILED_cli <CLI/CLI.hpp> <fmt/format.h> <nlohmann/json.hpp>)
set(HEADLENS_PRECOMPILED_tests <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)

# headlens_precompile(TARGET SET): TARGET's sources begin with HEADLENS_PRECOMPILED_<SET>, compiled once
# for all targets that name the set.
function(headlens_precompile target set)
  if(NOT HEADLENS_PRECOMPILE)
    return()
  endif()
  get_property(provider GLOBAL PROPERTY HEADLENS_PROVIDER_${set})
  if(provider)
    target_precompile_headers(${target} REUSE_FROM ${provider})
  else()
    target_precompile_headers(${target} PRIVATE ${HEADLENS_PRECOMPILED_${set}})
    set_property(GLOBAL PROPERTY HEADLENS_PROVIDER_${set} ${target})
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 forgets which precompiled lines are a system's and warns of its own strings.
    target_compile_options(${target} PRIVATE -fpch-preprocess
      -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
endfunction()

# What only translates or checks is built for its own speed of building.
function(headlens_compile_fast target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

function(headlens_room name)
  cmake_parse_arguments(ARG "JSON" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(headlens_${name} STATIC ${ARG_SOURCES})
  headlens_compile_options(headlens_${name})
  target_link_libraries(headlens_${name} PUBLIC ${ARG_DEPENDS})
  if(ARG_JSON)
    headlens_precompile(headlens_${name} json)
  endif()
endfunction()

function(headlens_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  headlens_compile_options(${name}_test)
  headlens_compile_fast(${name}_test)
  # As some libraries ask for: precompiled headers serve only sources of the same options.
  target_compile_options(${name}_test PRIVATE -pthread)
  headlens_precompile(${name}_test tests)
  target_link_libraries(${name}_test PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE
    HEADLENS_TEST_DATA="${PROJECT_SOURCE_DIR}/tests"
    HEADLENS_SHARED_DATA="${PROJECT_SOURCE_DIR}/../shared/data")
  add_test(NAME ${name} COMMAND ${name}_test)
endfunction()

# The compiler and what every target is built with.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines: co_await in a condition gives wrong values and temporaries "
    "passed to a coroutine are destroyed twice. Use clang-19 (tools/bootstrap installs it; -DCMAKE_CXX_COMPILER=clang++-19) "
    "or g++ 13 and newer.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

option(SHOAL_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(SHOAL_FUZZ "Build every room with coverage for tests/fuzz, and with ASan and UBSan" OFF)
if(SHOAL_FUZZ AND NOT SHOAL_SANITIZE)
  set(SHOAL_SANITIZE address,undefined)
endif()
set(SHOAL_SANITIZE "" CACHE STRING "Sanitizers for every target: 'address,undefined' or 'thread'")

find_program(SHOAL_CCACHE ccache)
if(SHOAL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Several build folders and clones share the cache: where they lie is kept out of the hash.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros ${SHOAL_CCACHE})
endif()

add_library(shoal_flags INTERFACE)
target_compile_options(shoal_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                             -Wnon-virtual-dtor -Werror=return-type -Werror=unused-result)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_link_options(shoal_flags INTERFACE -fuse-ld=lld)
endif()
if(SHOAL_SANITIZE)
  add_compile_options(-fsanitize=${SHOAL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=${SHOAL_SANITIZE})
  add_compile_definitions(SHOAL_SANITIZED=1)
endif()
if(SHOAL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(zstd CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
if(SHOAL_TESTS)
  find_package(simdjson CONFIG REQUIRED)  # The judge of our own JSON reader.
endif()
find_package(spdlog CONFIG REQUIRED)
# Its own CMake package asks for civetweb and curl, too; only the text format is used.
find_library(PROMETHEUS_CPP_CORE prometheus-cpp-core REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS system json url)

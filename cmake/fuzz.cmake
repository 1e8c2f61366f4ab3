# The programs of tests/fuzz: libFuzzer hands each of them bytes that nobody would write. `make fuzz` (tools/fuzz) builds them with
# SHOAL_FUZZ, which puts coverage and sanitizers into every room, and runs each for a minute. In any other build they are linked to
# the rooms as these are, and ctest replays the corpus and mutates for a second, so that no target rots.

# shoal_fuzz_target(<name> <rooms>... [LIBS <libraries>...]): tests/fuzz/<name>.cpp as fuzz_<name>, over tests/fuzz/corpus/<name>.
function(shoal_fuzz_target name)
  cmake_parse_arguments(fuzz "" "" "LIBS" ${ARGN})
  set(target fuzz_${name})
  list(TRANSFORM fuzz_UNPARSED_ARGUMENTS PREPEND shoal_ OUTPUT_VARIABLE rooms)
  add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cpp)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE shoal_flags ${rooms} ${fuzz_LIBS})
  # The target's own source has coverage in every build: libFuzzer refuses a program in which it sees nothing.
  target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  # What a test finds new goes into a folder of the build; the seed is fixed, so that a test that fails fails again.
  set(scratch ${PROJECT_BINARY_DIR}/fuzz/${name})
  file(MAKE_DIRECTORY ${scratch})
  add_test(NAME ${target} COMMAND ${SHOAL_STEPPING_BACK} $<TARGET_FILE:${target}> -seed=1 -max_total_time=1 -timeout=60 -verbosity=0 -artifact_prefix=${scratch}.
                                  ${scratch} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  add_dependencies(shoal_fuzz_targets ${target})
endfunction()

function(shoal_all_fuzz_targets)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(STATUS "tests/fuzz is left out: libFuzzer belongs to clang")
    return()
  endif()
  add_custom_target(shoal_fuzz_targets)
  shoal_fuzz_target(inflater gateway LIBS ZLIB::ZLIB zstd::libzstd_shared)
  shoal_fuzz_target(websocket_frames net)
  shoal_fuzz_target(json_cursor discord LIBS simdjson::simdjson)
  shoal_fuzz_target(event_readers bot commands)
  shoal_fuzz_target(shard_cache cache)
  shoal_fuzz_target(shard_driver host)
  shoal_fuzz_target(http_answer net)
  shoal_fuzz_target(http_request net)
  shoal_fuzz_target(rest_answer rest host net)
  shoal_fuzz_target(options config)
  shoal_fuzz_target(identify_ledger budget)
  shoal_fuzz_target(fleet_brain cluster)
  shoal_fuzz_target(journal sim_audit)
  shoal_fuzz_target(journal_writer state sim_audit)
  shoal_fuzz_target(wire wire)
  shoal_fuzz_target(sim_frames sim_wire net)
  shoal_fuzz_target(sim_discord sim_core)
endfunction()

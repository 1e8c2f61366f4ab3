# One CMake target a room, named as its folder. A room takes every source below its folder; what it may use is said here and
# checked by tools/check-includes, which reads this same list.

# shoal_room(<folder> [DEPS <rooms>...] [LIBS <libraries>...]): the static library of one room.
# Target: src/gateway -> shoal_gateway, sim/core -> shoal_sim_core. A room without sources yet is header-only.
function(shoal_room folder)
  cmake_parse_arguments(room "" "" "DEPS;LIBS" ${ARGN})
  string(REGEX REPLACE "^src/" "" name "${folder}")
  string(REPLACE "/" "_" name "${name}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
  set(target shoal_${name})
  list(TRANSFORM room_DEPS PREPEND shoal_)
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:shoal_flags>)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(${target} ${scope} ${room_DEPS} ${room_LIBS})
  set_property(GLOBAL APPEND PROPERTY SHOAL_ROOMS ${target})
endfunction()

# shoal_generate_protobuf(<room's target> <file.proto>): the C++ of a .proto file, made in the build folder and compiled into its room.
function(shoal_generate_protobuf target proto)
  get_filename_component(folder ${PROJECT_SOURCE_DIR}/${proto} DIRECTORY)
  get_filename_component(stem ${proto} NAME_WE)
  set(out ${PROJECT_BINARY_DIR}/protobuf)
  file(MAKE_DIRECTORY ${out})
  add_custom_command(OUTPUT ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
                     COMMAND protobuf::protoc --proto_path=${folder} --cpp_out=${out} ${PROJECT_SOURCE_DIR}/${proto}
                     DEPENDS ${PROJECT_SOURCE_DIR}/${proto} VERBATIM)
  target_sources(${target} PRIVATE ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
  # Generated code is not held to our warnings.
  set_source_files_properties(${out}/${stem}.pb.cc PROPERTIES COMPILE_OPTIONS -w)
  target_include_directories(${target} SYSTEM PRIVATE ${out})
endfunction()

# shoal_program(<target> <main.cpp> <rooms>...): one program, from main.cpp and the sources beside it.
function(shoal_program target source)
  get_filename_component(folder ${source} DIRECTORY)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
  add_executable(${target} ${sources})
  list(TRANSFORM ARGN PREPEND shoal_ OUTPUT_VARIABLE rooms)
  target_link_libraries(${target} PRIVATE shoal_flags ${rooms})
endfunction()

function(shoal_all_rooms)
  shoal_room(src/base     LIBS fmt::fmt Threads::Threads)
  shoal_room(src/config   DEPS base LIBS CLI11::CLI11 tomlplusplus::tomlplusplus)
  shoal_room(src/discord  DEPS base)
  # PURE, and below the other pure rooms: one machine decides who may IDENTIFY, in a single process and in a fleet.
  shoal_room(src/budget   DEPS base)
  # The pure rooms: they do not know each other, nor Asio, nor a log.
  shoal_room(src/gateway  DEPS discord base LIBS ZLIB::ZLIB zstd::libzstd_shared)
  shoal_room(src/rest     DEPS discord base)
  shoal_room(src/cache    DEPS discord base)
  shoal_room(src/commands DEPS discord base)
  shoal_room(src/cluster  DEPS budget discord base)
  # The rim.
  shoal_room(src/net      DEPS base LIBS OpenSSL::SSL OpenSSL::Crypto Boost::system Boost::url)
  shoal_room(src/state    DEPS base)
  shoal_room(src/store    DEPS base LIBS SQLite::SQLite3)
  shoal_room(src/trust    DEPS state base LIBS OpenSSL::Crypto)
  shoal_room(src/ops      DEPS trust net config cluster state discord base LIBS spdlog::spdlog prometheus-cpp-core)
  # Between nodes: messages as bytes, and the streams that carry them. gRPC and protobuf live here and nowhere else.
  shoal_room(src/wire     DEPS trust cluster discord base LIBS protobuf::libprotobuf)
  shoal_generate_protobuf(shoal_wire src/wire/shoal.proto)
  shoal_room(src/rpc      DEPS wire trust base LIBS gRPC::grpc++ absl::synchronization)
  shoal_room(src/host     DEPS net state gateway rest budget discord base)
  shoal_room(src/bot      DEPS host cache commands rest ops config discord net state base)
  shoal_room(src/roles/process DEPS bot host config ops net state gateway budget discord base)
  shoal_room(src/roles/coordinator DEPS roles_process host rpc wire trust store cluster budget ops config net state discord base)
  shoal_room(src/roles/worker DEPS roles_process bot host rpc wire trust cluster budget ops config net state gateway discord base)
  shoal_room(src/roles/single DEPS roles_process bot host config ops net state gateway budget discord base)
  # A bot in every mode: shoal::fleet.
  shoal_room(src/roles/fleet DEPS roles_coordinator roles_worker roles_single roles_process bot config base)
  # The programs of an operator.
  shoal_room(src/roles/cli DEPS roles_coordinator roles_process rpc wire trust cluster ops config net state discord base LIBS CLI11::CLI11)
  # The simulator shares no protocol code with the client: base, config and net are all that it may know.
  shoal_room(sim/core     DEPS base LIBS Boost::json)
  shoal_room(sim/wire     DEPS sim_core base LIBS ZLIB::ZLIB zstd::libzstd_shared OpenSSL::Crypto)
  shoal_room(sim/server   DEPS sim_wire sim_core net config base)
  shoal_room(sim/audit    DEPS sim_core base)
  shoal_room(sim/testing  DEPS sim_server net base)
  add_library(shoal::testing ALIAS shoal_sim_testing)

  foreach(program IN ITEMS
          "shoal|apps/shoal/main.cpp|roles_cli"
          "shoal-sim|apps/shoal-sim/main.cpp|sim_server;sim_audit"
          "shoal-demo-bot|examples/demo/main.cpp|roles_single"
          "shoal-fleet-bot|examples/fleet/main.cpp|roles_fleet"
          "shoal-ping|examples/ping/main.cpp|roles_single"
          "shoal-forms|examples/forms/main.cpp|roles_single")
    string(REPLACE "|" ";" parts "${program}")
    list(POP_FRONT parts target source)
    if(EXISTS ${PROJECT_SOURCE_DIR}/${source})
      shoal_program(${target} ${source} ${parts})
      list(APPEND programs ${target})
    endif()
  endforeach()
  add_custom_target(shoal_demo_programs DEPENDS ${programs})
endfunction()

# shoal_test(<target> <folder> [PER_CASE] [COMPUTES] DEPS <rooms>... [LIBS <libraries>...]): one doctest program from every source in a folder, run whole
# by ctest or, with PER_CASE, test case by test case, so that slow ones run beside each other: the cases of x_test.cpp are <target>_x_test_1 and so on, in
# the file's order. COMPUTES: it takes a processor for long and knows no clock. So it steps back for those beside it that have deadlines, and is given time.
function(shoal_test target folder)
  cmake_parse_arguments(test "PER_CASE;COMPUTES" "" "DEPS;LIBS;ENVIRONMENT" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
  if(NOT sources)
    return()
  endif()
  list(TRANSFORM test_DEPS PREPEND shoal_)
  add_executable(${target} ${sources} ${PROJECT_SOURCE_DIR}/tests/support/doctest_main.cpp)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE shoal_flags ${test_DEPS} ${test_LIBS})
  set(command $<TARGET_FILE:${target}>)
  if(test_COMPUTES)
    list(PREPEND command ${SHOAL_STEPPING_BACK})
  endif()
  set(names)
  if(test_PER_CASE)
    foreach(source IN LISTS sources)
      shoal_add_cases(${target} ${source} "${command}" names)
    endforeach()
  else()
    add_test(NAME ${target} COMMAND ${command})
    set(names ${target})
  endif()
  if(test_COMPUTES)
    set_tests_properties(${names} PROPERTIES TIMEOUT 3600)
  endif()
  if(test_ENVIRONMENT)
    set_tests_properties(${names} PROPERTIES ENVIRONMENT "${test_ENVIRONMENT}")
  endif()
endfunction()

# How a test begins that computes only.
find_program(SHOAL_NICE nice)
if(SHOAL_NICE)
  set(SHOAL_STEPPING_BACK ${SHOAL_NICE} -n 10)
endif()

# Appends to the list `out` an entry for each test case of a file of tests. Whatever is miscounted here, no case is left out: the last entry runs all that
# there are from its number on.
function(shoal_add_cases target source command out)
  get_filename_component(stem ${source} NAME_WE)
  if(NOT stem MATCHES "_test$")
    return()
  endif()
  file(READ ${source} text)
  string(REGEX MATCHALL "\n(TEST_CASE|SHOAL_PLANTED)\\(" cases "${text}")
  list(LENGTH cases count)
  if(count EQUAL 0)
    message(FATAL_ERROR "${source} has no test case")
  endif()
  # A case more is an entry more.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  foreach(number RANGE 1 ${count})
    set(name ${target}_${stem}_${number})
    set(last)
    if(number LESS count)
      set(last --last=${number})
    endif()
    add_test(NAME ${name} COMMAND ${command} --source-file=*/${stem}.cpp --first=${number} ${last})
    list(APPEND ${out} ${name})
  endforeach()
  set(${out} ${${out}} PARENT_SCOPE)
endfunction()

# shoal_set_tests(<regex> <property> <value>...): properties of all entries whose names match; some must.
function(shoal_set_tests regex)
  get_property(names DIRECTORY PROPERTY TESTS)
  list(FILTER names INCLUDE REGEX "${regex}")
  if(NOT names)
    message(FATAL_ERROR "no test is called ${regex}")
  endif()
  set_tests_properties(${names} PROPERTIES ${ARGN})
endfunction()

function(shoal_all_tests)
  # For the few tests that read the project's own files, whatever folder they are started in.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/unit/bot/misuse_test.cpp ${PROJECT_SOURCE_DIR}/tests/unit/cache/fields_doc_test.cpp
                              ${PROJECT_SOURCE_DIR}/tests/unit/config/options_test.cpp ${PROJECT_SOURCE_DIR}/tests/unit/ops/pages_test.cpp
                              ${PROJECT_SOURCE_DIR}/tests/fleet/transcript_test.cpp
                              PROPERTIES COMPILE_DEFINITIONS "SHOAL_SOURCE_ROOT=\"${PROJECT_SOURCE_DIR}\"")
  # simdjson is the foreign judge of our JSON reader; the library itself does not need it.
  shoal_test(test_discord tests/unit/discord DEPS discord LIBS simdjson::simdjson)
  # So it is of the readers of entities, on documents made from the schema and on what the simulated Discord sends.
  shoal_test(test_entities tests/unit/entities DEPS bot sim_core LIBS simdjson::simdjson)
  foreach(room IN ITEMS base config budget gateway rest cache commands cluster net state ops trust wire host bot)
    shoal_test(test_${room} tests/unit/${room} DEPS ${room})
  endforeach()
  foreach(room IN ITEMS sim_core sim_wire sim_server sim_audit)
    shoal_test(test_${room} tests/unit/${room} DEPS ${room})
  endforeach()
  shoal_test(test_store tests/unit/store DEPS store LIBS SQLite::SQLite3)
  # What every store must do, asked of each.
  shoal_test(test_contract tests/contract DEPS store)
  shoal_test(test_roles tests/unit/roles DEPS roles_single)
  shoal_test(test_roles_coordinator tests/unit/roles_coordinator DEPS roles_coordinator)
  shoal_test(test_roles_worker tests/unit/roles_worker DEPS roles_worker)
  # Real gRPC over real TLS on loopback.
  shoal_test(test_rpc tests/unit/rpc DEPS rpc net LIBS OpenSSL::SSL)
  shoal_test(test_cli tests/unit/cli DEPS roles_cli)
  # The cache against its plain twin and its own copies, fed by the simulated world; the twin reads with the simulator's JSON library.
  shoal_test(test_cache_twin tests/cache PER_CASE COMPUTES DEPS cache sim_core)
  # Every behaviour and fault of the simulated Discord has a test of its number.
  if(TARGET shoal-sim)
    add_test(NAME sim_coverage COMMAND shoal-sim coverage --tests ${PROJECT_SOURCE_DIR}/tests)
  endif()
  # Drivers, governor and simulated Discord in one thread and virtual time.
  shoal_test(test_simulation tests/simulation PER_CASE COMPUTES DEPS host sim_core sim_wire)
  # A fleet in one thread and virtual time: the brain, workers' sessions, a light Discord, network and store; and transcripts of it.
  shoal_test(test_fleet tests/fleet PER_CASE COMPUTES DEPS cluster store)
  # Costs are seconds. What takes longest begins first; ctest measures the others, and knows them from the second run on.
  shoal_set_tests("^test_fleet_large_fleets_test" COST 90)
  shoal_set_tests("^test_(fleet|simulation)_simulation_test_1$" COST 60)
  # Real processes over real TLS on loopback; the programs are built first.
  # A few speak to a node's port themselves, as nodes that no program of ours would be: with src/rpc, or with bare OpenSSL.
  shoal_test(test_system tests/system PER_CASE DEPS sim_audit rpc wire trust net base LIBS OpenSSL::SSL OpenSSL::Crypto
             ENVIRONMENT "SHOAL_BIN=${PROJECT_BINARY_DIR};SHOAL_SOURCE=${PROJECT_SOURCE_DIR}")
  # Where hosts of its own cannot be made, ctest lists these as left out.
  shoal_set_tests("^test_system_fleet_(hosts|everything|successor)_test" SKIP_REGULAR_EXPRESSION "left out, since hosts")
  shoal_set_tests("^test_system_rest_share_test_1$" COST 70)
  # What no flag of the demo bot can bring about: intents of any kind, and shards() seen from outside.
  shoal_program(shoal-test-bot tests/programs/test_bot.cpp roles_fleet)
  # Nor that: calls of so many a second, in every mode.
  shoal_program(shoal-test-rest-bot tests/programs/rest_bot/main.cpp roles_fleet)
  # Preloaded by a test whose wall clock jumps.
  add_library(shoal-test-clock MODULE tests/programs/clock/jumping_clock.cpp)
  target_link_libraries(shoal-test-clock PRIVATE shoal_flags)
  # Nor what a handler reads of a guild whose shard moved.
  shoal_program(shoal-test-reading-bot tests/programs/reading_bot/main.cpp roles_fleet)
  shoal_test(test_testing tests/testing DEPS sim_testing roles_fleet roles_single trust)
  # Foreign clients judge the simulator: unmodified libraries, and one client that shares nothing with anybody. They wait more than they work.
  if(TARGET shoal-sim)
    foreach(judge IN ITEMS discord.py discord.js discordjs-ws-zlib discordeno-zlib discordeno-zstd)
      add_test(NAME judge_${judge} COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/judges/run.py ${judge} --sim $<TARGET_FILE:shoal-sim>)
      list(APPEND judges judge_${judge})
    endforeach()
    add_test(NAME judge_raw_socket COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/judges/raw_cases.py --sim $<TARGET_FILE:shoal-sim>)
    add_test(NAME judge_raw_rest COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/judges/rest_cases.py --sim $<TARGET_FILE:shoal-sim>)
    set_tests_properties(${judges} judge_raw_socket judge_raw_rest PROPERTIES TIMEOUT 600 COST 120)
    # docs/judges.md says of each behaviour and fault of REST which of them plays it.
    add_test(NAME judge_table COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/judges/check_table.py)
  endif()
  # What roles and overwrites come to, as two foreign libraries work it out.
  add_executable(shoal-permissions ${PROJECT_SOURCE_DIR}/tests/judges/permissions.cpp)
  target_link_libraries(shoal-permissions PRIVATE shoal_flags shoal_bot)
  add_test(NAME judge_permissions COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/judges/permission_cases.py $<TARGET_FILE:shoal-permissions>)
  # Every name in schema/ is one that others know too.
  add_test(NAME judge_schema COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/judges/schema_names.py)
  set_tests_properties(judge_permissions judge_schema PROPERTIES TIMEOUT 180)
  # The front door, as a person runs it.
  foreach(case IN ITEMS fleet passes ctrl_c unanswered overflow)
    add_test(NAME demo_${case} COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/demo/demo_cases.py ${case} ${PROJECT_BINARY_DIR})
    set_tests_properties(demo_${case} PROPERTIES TIMEOUT 180 COST 50)
  endforeach()
  foreach(slow IN ITEMS test_system test_testing)
    if(TARGET ${slow})
      add_dependencies(${slow} shoal_demo_programs shoal-test-bot shoal-test-clock shoal-test-rest-bot shoal-test-reading-bot)
    endif()
  endforeach()
endfunction()

# In a build with sanitizers these run nothing that is instrumented, or only package it; they are shown there as disabled. No others are.
function(shoal_disable_what_is_not_instrumented)
  if(SHOAL_SANITIZE)
    foreach(name IN ITEMS consumer old_gxx_is_refused_with_the_reason include_directions include_directions_self_test)
      if(TEST ${name})
        set_tests_properties(${name} PROPERTIES DISABLED TRUE)
      endif()
    endforeach()
  endif()
endfunction()

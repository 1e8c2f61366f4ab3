# cmake --install and find_package(shoal): static libraries, public headers only, and the programs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Every room that this target reaches through its links.
function(shoal_rooms_below target out)
  set(found ${${out}})
  if(NOT target IN_LIST found)
    list(APPEND found ${target})
    get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
    foreach(link IN LISTS links)
      if(link MATCHES "^shoal_" AND TARGET ${link} AND NOT link STREQUAL "shoal_flags")
        shoal_rooms_below(${link} found)
      endif()
    endforeach()
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# Fails if one of these rooms links a library that what is made of them must do without.
function(shoal_refuse_links what rooms pattern)
  foreach(room IN LISTS rooms)
    get_target_property(links ${room} INTERFACE_LINK_LIBRARIES)
    foreach(link IN LISTS links)
      if(link MATCHES "${pattern}")
        message(FATAL_ERROR "${what} must do without ${link}, and reaches it through ${room}")
      endif()
    endforeach()
  endforeach()
endfunction()

function(shoal_install)
  # What a bot links: the library of one process, without gRPC; and beside it shoal::fleet, with what nodes need to speak to each other.
  add_library(shoal_api INTERFACE)
  add_library(shoal::bot ALIAS shoal_api)
  target_link_libraries(shoal_api INTERFACE shoal_roles_single fmt::fmt)
  target_compile_features(shoal_api INTERFACE cxx_std_23)
  target_include_directories(shoal_api INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(shoal_api PROPERTIES EXPORT_NAME bot)

  add_library(shoal_fleet INTERFACE)
  add_library(shoal::fleet ALIAS shoal_fleet)
  target_link_libraries(shoal_fleet INTERFACE shoal_api shoal_roles_fleet)

  set(rooms "")
  shoal_rooms_below(shoal_roles_single rooms)
  shoal_refuse_links(shoal::bot "${rooms}" "gRPC|protobuf|SQLite")
  foreach(room IN LISTS rooms)
    string(REGEX REPLACE "^shoal_" "room_" name ${room})
    set_target_properties(${room} PROPERTIES EXPORT_NAME ${name})
  endforeach()
  install(TARGETS shoal_api ${rooms} EXPORT shoal-targets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/shoal DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")

  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/shoal)
  install(EXPORT shoal-targets NAMESPACE shoal:: DESTINATION ${package})
  shoal_install_testing("${rooms}")
  install(EXPORT shoal-testing-targets NAMESPACE shoal:: DESTINATION ${package})
  shoal_install_fleet("${rooms}")
  install(EXPORT shoal-fleet-targets NAMESPACE shoal:: DESTINATION ${package})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/shoal-config.cmake.in ${PROJECT_BINARY_DIR}/shoal-config.cmake
                                INSTALL_DESTINATION ${package})
  # No promise of a stable API before 1.0: a consumer gets the minor version that it asked for.
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/shoal-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/shoal-config.cmake ${PROJECT_BINARY_DIR}/shoal-config-version.cmake DESTINATION ${package})

  foreach(program IN ITEMS shoal shoal-sim)
    if(TARGET ${program})
      install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
  endforeach()

  if(SHOAL_TESTS)
    shoal_install_tests()
  endif()
endfunction()

# The rooms that `target` has beyond those of shoal::bot, in an export of their own: they need libraries that a bot does not.
function(shoal_install_beyond target export_name bot_rooms)
  set(rooms "")
  shoal_rooms_below(${target} rooms)
  list(REMOVE_ITEM rooms shoal_api ${bot_rooms})
  foreach(room IN LISTS rooms)
    string(REGEX REPLACE "^shoal_" "room_" name ${room})
    set_target_properties(${room} PROPERTIES EXPORT_NAME ${name})
  endforeach()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${export_name})
  install(TARGETS ${rooms} EXPORT shoal-${export_name}-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# shoal::testing, for a bot's unit tests, needs Boost.JSON.
function(shoal_install_testing bot_rooms)
  # Whoever tests a bot has the bot: one target is enough.
  target_link_libraries(shoal_sim_testing PUBLIC shoal_api)
  shoal_install_beyond(shoal_sim_testing testing "${bot_rooms}")
endfunction()

# shoal::fleet needs gRPC, protobuf and SQLite.
function(shoal_install_fleet bot_rooms)
  shoal_install_beyond(shoal_fleet fleet "${bot_rooms}")
endfunction()

# A project of its own that finds the installed package, and the compiler that must be refused.
function(shoal_install_tests)
  add_test(NAME consumer
           COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${PROJECT_SOURCE_DIR} -DCOMPILER=${CMAKE_CXX_COMPILER}
                   "-DLAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}" -DSANITIZE=${SHOAL_SANITIZE} -P ${PROJECT_SOURCE_DIR}/tests/consumer/run.cmake)
  set_tests_properties(consumer PROPERTIES TIMEOUT 600 COST 80)

  find_program(SHOAL_GXX g++)
  if(SHOAL_GXX)
    execute_process(COMMAND ${SHOAL_GXX} -dumpversion OUTPUT_VARIABLE gxx_version OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(gxx_version VERSION_LESS 13)
      add_test(NAME old_gxx_is_refused_with_the_reason
               COMMAND ${CMAKE_COMMAND} -E env CXX=${SHOAL_GXX} ${CMAKE_COMMAND} -S ${PROJECT_SOURCE_DIR}
                       -B ${PROJECT_BINARY_DIR}/refused -G Ninja)
      set_tests_properties(old_gxx_is_refused_with_the_reason PROPERTIES
                           PASS_REGULAR_EXPRESSION "miscompiles coroutines" FAIL_REGULAR_EXPRESSION "Generating done")
    endif()
  endif()

  add_test(NAME include_directions COMMAND ${PROJECT_SOURCE_DIR}/tools/check-includes)
  add_test(NAME include_directions_self_test COMMAND ${PROJECT_SOURCE_DIR}/tools/check-includes --self-test)
endfunction()

# Installs into a stage, then configures, builds and runs the consumer project against it, with the compiler of this build.
set(stage ${BUILD}/consumer/stage)
set(work ${BUILD}/consumer/build)
file(REMOVE_RECURSE ${stage} ${work})

function(step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what} failed:\n${output}")
  endif()
endfunction()

step("cmake --install" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${stage})

# Nothing of src may be installed: neither headers nor a path into the source tree.
file(GLOB_RECURSE foreign ${stage}/include/*)
list(FILTER foreign EXCLUDE REGEX "/include/shoal/[a-z_/]+\\.hpp$")
if(foreign)
  message(FATAL_ERROR "these do not belong into the installed headers: ${foreign}")
endif()
file(GLOB_RECURSE packages ${stage}/*.cmake)
foreach(package IN LISTS packages)
  file(READ ${package} text)
  string(FIND "${text}" "${SOURCE}" at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "${package} names the source tree")
  endif()
endforeach()

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
string(REPLACE ";" "\\;" launcher "${LAUNCHER}")
step("configuring the consumer" ${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer -B ${work} -G Ninja -DCMAKE_PREFIX_PATH=${stage}
     -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_COMPILER_LAUNCHER=${launcher}" "-DCMAKE_CXX_FLAGS=${flags}" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
step("building the consumer" ${CMAKE_COMMAND} --build ${work})
step("consumer --version" ${work}/consumer --version)
step("consumer --help" ${work}/consumer --help)
step("fleet_consumer --version" ${work}/fleet_consumer --version)
step("the consumer's unit test" ${work}/consumer_test)
step("the guide's example of a unit test" ${work}/snippets)

# The guide quotes what was just built, word for word.
step("docs/api.md" python3 ${SOURCE}/tests/consumer/check_snippets.py ${SOURCE}/docs/api.md
     ${SOURCE}/tests/consumer/main.cpp ${SOURCE}/tests/consumer/snippets.cpp)

# Without a token it says so and ends with the documented code.
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=DISCORD_TOKEN --unset=SHOAL_TOKEN ${work}/consumer
                RESULT_VARIABLE status ERROR_VARIABLE said)
if(NOT status EQUAL 3 OR NOT said MATCHES "consumer: There is no bot token")
  message(FATAL_ERROR "without a token it ended with ${status} and said: ${said}")
endif()

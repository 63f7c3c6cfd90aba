# cmake -DSOURCE=... -DWORK=... -DCC=... -DCXX=... [-DLAUNCHER=...] [-DONEDNN=...] [-DJOBS=2] -P conan.cmake
# `conan create` of the recipe with its test package, without any remote, in a home of its own.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

# In PATH, or where `make oracles` puts it.
find_program(conan conan HINTS $ENV{CYCLONE_ORACLES}/bin ${SOURCE}/build/oracles/bin)
if(NOT conan)
  message("SKIPPED: there is no conan (make oracles)")
  return()
endif()
execute_process(COMMAND ${conan} --version OUTPUT_VARIABLE version RESULT_VARIABLE status ERROR_QUIET)
if(NOT status EQUAL 0 OR NOT version MATCHES "version 2")
  message("SKIPPED: expected Conan 2, ${conan} says '${version}'")
  return()
endif()

if(NOT JOBS)
  set(JOBS 2)
endif()
file(REMOVE_RECURSE ${WORK})
file(COPY ${SOURCE}/third_party/conan/test_package DESTINATION ${WORK})  # its build folder stays out of the source
set(ENV{CONAN_HOME} ${WORK}/home)
set(ENV{CC} ${CC})
set(ENV{CXX} ${CXX})
set(ENV{OMP_NUM_THREADS} 1)
run(${conan} profile detect)
set(variables "{'CMAKE_CXX_FLAGS_RELEASE': '-O0', 'CMAKE_CXX_COMPILER_LAUNCHER': '${LAUNCHER}'}")  # the wiring is tested
run(${conan} create ${SOURCE}/third_party/conan --test-folder ${WORK}/test_package --no-remote
    --settings build_type=Release --settings compiler.cppstd=20 --options "&:with_onednn=${ONEDNN}"
    --conf "tools.cmake.cmaketoolchain:extra_variables=${variables}" --conf "tools.build:jobs=${JOBS}"
    --conf "tools.cmake.cmaketoolchain:user_presets=")
if(NOT output MATCHES "(no|yes) 0\\.[0-9]+")
  message(FATAL_ERROR "the test package did not answer:\n${output}")
endif()
message("${CMAKE_MATCH_0}")

# cmake -DMODE=find_package|add_subdirectory -DSOURCE=... -DBUILD=... -DWORK=... [-DFLAGS=...] [-DPREFIXES=...] -P check.cmake
# Builds the consumer in WORK and runs it.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "failed (${status}): ${ARGV}\n${output}")
  endif()
endfunction()

set(ENV{CMAKE_PREFIX_PATH} "${PREFIXES}")  # where Cyclone's own dependencies were found
file(REMOVE_RECURSE ${WORK})
if(MODE STREQUAL find_package)
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
  run(${CMAKE_COMMAND} -S ${SOURCE}/tests/package -B ${WORK}/build -DCMAKE_BUILD_TYPE=Release
      -DCMAKE_PREFIX_PATH=${WORK}/prefix ${FLAGS})
  run(${CMAKE_COMMAND} --build ${WORK}/build)
  run(${WORK}/build/whole)
  # Names that a program adds are known to the subcommands.
  file(WRITE ${WORK}/dots.txt "DOTS 40\n")
  if(EXISTS ${WORK}/build/own_program)
    run(${WORK}/build/own_program help formats)
    run(${WORK}/build/own_program schedules sawtooth:period=50 --updates 200 --json)
    run(${WORK}/build/own_program train ${WORK}/dots.txt --model "flatten scale:0.5 linear:classes" --epochs 2
        --optimizer sign-sgd --schedule sawtooth --monitor min:val_cost --threads 1 --quiet --out ${WORK}/run)
    file(STRINGS ${WORK}/run/history.csv header LIMIT_COUNT 1)
    if(NOT header MATCHES "validation_cost")
      message(FATAL_ERROR "history.csv lacks the program's own metric: ${header}")
    endif()
    run(${WORK}/prefix/bin/cyclone --version)
  endif()
else()
  run(${CMAKE_COMMAND} -S ${SOURCE}/tests/package -B ${WORK}/build -DCMAKE_CXX_FLAGS_RELEASE=-O0  # the wiring is tested
      -DCMAKE_BUILD_TYPE=Release -DCYCLONE_SOURCE=${SOURCE} ${FLAGS})
  run(${CMAKE_COMMAND} --build ${WORK}/build --target embedded --parallel 2)
endif()
run(${WORK}/build/embedded)

# The core must come without the libraries that read files.
execute_process(COMMAND ldd ${WORK}/build/embedded OUTPUT_VARIABLE libraries)
if(libraries MATCHES "hdf5|libzip|libz\\.")
  message(FATAL_ERROR "cyclone::core brings libraries that only file readers need:\n${libraries}")
endif()

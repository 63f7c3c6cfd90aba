# cmake -DMODE=find_package|add_subdirectory|no_build_type -DSOURCE=... -DBUILD=... -DWORK=... [-DFLAGS=...]
#   [-DOPENMP=...] [-DPREFIXES=...] -P check.cmake
# Builds the consumer in WORK and runs it; with no_build_type only looks at the flags it would be built with.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

if(DEFINED OPENMP)
  list(APPEND FLAGS -DCYCLONE_OPENMP=${OPENMP})
endif()
set(ENV{CMAKE_PREFIX_PATH} "${PREFIXES}")  # where Cyclone's own dependencies were found
file(REMOVE_RECURSE ${WORK})
if(MODE STREQUAL no_build_type)
  # Cyclone's files are optimised, the consumer's keep their flags; whoever names a level gets it everywhere.
  foreach(flags IN ITEMS "" "-O1")
    run(${CMAKE_COMMAND} -S ${SOURCE}/tests/package -B ${WORK}/build -DCYCLONE_SOURCE=${SOURCE} -DCMAKE_BUILD_TYPE=
        -DCMAKE_CXX_FLAGS=${flags} -DCMAKE_EXPORT_COMPILE_COMMANDS=ON ${FLAGS})
    file(READ ${WORK}/build/compile_commands.json commands)
    string(REGEX MATCH "[^\n]*/src/base/random.cpp[^\n]*" library "${commands}")
    string(REGEX MATCH "[^\n]*/embedded.cpp[^\n]*" consumer "${commands}")
    if((flags STREQUAL "" AND NOT library MATCHES " -O3 ") OR (flags AND library MATCHES " -O3 ") OR consumer MATCHES " -O3 "
       OR NOT consumer MATCHES "embedded.cpp")
      message(FATAL_ERROR "with the flags '${flags}':\n${library}\n${consumer}")
    endif()
  endforeach()
  return()
elseif(MODE STREQUAL find_package)
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
  set(static OFF)
  if(FLAGS MATCHES "ONEDNN=OFF")  # Debian's oneDNN has no archive
    set(static ON)
  endif()
  run(${CMAKE_COMMAND} -S ${SOURCE}/tests/package -B ${WORK}/build -DCMAKE_BUILD_TYPE=Release
      -DCMAKE_PREFIX_PATH=${WORK}/prefix -DSTATIC=${static} ${FLAGS})
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
  run(${CMAKE_COMMAND} --build ${WORK}/build --target embedded answer --parallel 2)
endif()
execute_process(COMMAND ${WORK}/build/embedded WORKING_DIRECTORY ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)

# The core needs oneDNN, OpenMP, C and C++, and nothing that reads files.
set(ENV{OMP_NUM_THREADS} 1)
run(${WORK}/build/answer ${WORK}/build/embedded.safetensors)
file(SIZE ${WORK}/build/answer bytes)
execute_process(COMMAND ldd ${WORK}/build/answer OUTPUT_VARIABLE libraries)
string(REGEX MATCHALL "[a-zA-Z0-9_+-]+\\.so" names "${libraries}")
list(REMOVE_DUPLICATES names)
set(others ${names})
list(REMOVE_ITEM others linux-vdso.so ld-linux-x86-64.so libdnnl.so libgomp.so libomp.so libstdc++.so libm.so libgcc_s.so
  libc.so libpthread.so libcyclone-core.so libOpenCL.so)  # the last is what Debian's oneDNN needs
message("answer: ${bytes} bytes, loads ${names}")
if(others)
  message(FATAL_ERROR "cyclone::core brings libraries that an embedded tool does not need: ${others}")
endif()

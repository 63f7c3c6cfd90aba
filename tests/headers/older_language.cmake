# cmake -DCOMPILER=... -DINCLUDE=... -P older_language.cmake
# Under C++17 a compiler says what is needed, and nothing else, whichever header is included and whatever follows it.
foreach(header IN ITEMS cyclone base/error data/sampler io/weights metrics/ranking nn/nn ops/ops schedule/schedule
                        tensor/tensor train/classifier)
  string(CONCAT source "#include <cyclone/${header}.h>\nint wrong = nothing;\n")
  file(WRITE older_language.cpp "${source}")
  execute_process(COMMAND ${COMPILER} -std=c++17 -fsyntax-only -I${INCLUDE} older_language.cpp ERROR_VARIABLE output)
  string(REGEX MATCHALL "error: [^\n]*" errors "${output}")
  if(NOT errors MATCHES "^error: '?Cyclone needs C\\+\\+20: -std=c\\+\\+20[^;]*$")
    message(FATAL_ERROR "${header}.h: expected one error, that C++20 is needed:\n${output}")
  endif()
endforeach()

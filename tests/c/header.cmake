# cmake -DC=cc -DCXX=c++ -DINCLUDE=... -P header.cmake
# The header alone, twice, without a warning.
file(WRITE header_check.c "#include <cyclone/c.h>\n#include <cyclone/c.h>\nint main(void) { return CYCLONE_OK; }\n")
foreach(call IN ITEMS "${C} -std=c99 -xc" "${C} -std=c11 -xc" "${CXX} -std=c++98 -xc++" "${CXX} -std=c++20 -xc++")
  separate_arguments(call)
  execute_process(COMMAND ${call} -pedantic -Wall -Wextra -Wconversion -Werror -fsyntax-only -I${INCLUDE} header_check.c
    RESULT_VARIABLE status ERROR_VARIABLE output)
  if(status)
    message(FATAL_ERROR "${call}:\n${output}")
  endif()
endforeach()

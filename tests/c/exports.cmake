# cmake -DLIBRARY=libcyclone.so -DHEADER=c.h -DNM=nm -P exports.cmake
# What the library exports is what its header declares, each with the version of the library's interface.
execute_process(COMMAND ${NM} --dynamic --defined-only --with-symbol-versions ${LIBRARY} OUTPUT_VARIABLE symbols
  COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n ]+\n" exported "${symbols}")
list(TRANSFORM exported STRIP)
list(FILTER exported EXCLUDE REGEX "^CYCLONE_[0-9]+$|^CYCLONE_[0-9]+@")  # the names of the versions themselves
file(READ ${HEADER} header)
string(REGEX MATCHALL "CYCLONE_API [^;(]*cyclone_[a-z_]+\\(" declarations "${header}")
set(declared "")
foreach(declaration IN LISTS declarations)
  string(REGEX REPLACE ".*[ *](cyclone_[a-z_]+)\\($" "\\1@@CYCLONE_1" name "${declaration}")
  list(APPEND declared ${name})
endforeach()
list(SORT exported)
list(SORT declared)
list(LENGTH declared count)
if(NOT exported STREQUAL declared OR count LESS 30)
  message(FATAL_ERROR "declared: ${declared}\nexported: ${exported}")
endif()

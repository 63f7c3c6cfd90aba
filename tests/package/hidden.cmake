# Fails where the archive FULL (or CLI) calls functions of core that src/hidden.map hides in shared builds, so that
# those could not be linked. NM lists the symbols.
foreach(archive IN ITEMS ${FULL} ${CLI})
  execute_process(COMMAND ${NM} -C --undefined-only ${archive} OUTPUT_VARIABLE symbols RESULT_VARIABLE code ERROR_QUIET)
  if(NOT code EQUAL 0 OR NOT symbols MATCHES "cyclone::Tensor::")
    message(FATAL_ERROR "expected ${NM} to list the symbols of ${archive}, code ${code}")
  endif()
  string(REGEX MATCHALL " U cyclone::(kernels|onednn)::[^\n]*" hidden "${symbols}")
  if(hidden)
    list(REMOVE_DUPLICATES hidden)
    list(JOIN hidden "\n" text)
    message(FATAL_ERROR "${archive} calls what shared builds hide (hint: a function of core, declared in a public header):\n${text}")
  endif()
endforeach()

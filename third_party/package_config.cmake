# Read by cpack for each kind of package.
if(CPACK_GENERATOR STREQUAL "DEB")
  find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
  find_program(FILE_COMMAND file)
  if(NOT DPKG_SHLIBDEPS OR NOT FILE_COMMAND)
    message(WARNING "the DEB will not say which libraries it needs: expected the programs dpkg-shlibdeps and file "
      "(Debian packages dpkg-dev and file)")
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF)
  endif()
endif()

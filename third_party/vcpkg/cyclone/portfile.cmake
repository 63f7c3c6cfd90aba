# An overlay port, beside the source that it builds: vcpkg install cyclone --overlay-ports=third_party/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
vcpkg_check_features(OUT_FEATURE_OPTIONS options FEATURES
  onednn CYCLONE_ONEDNN
  full   CYCLONE_FULL
  images CYCLONE_IMAGES
  hdf5   CYCLONE_HDF5)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}" OPTIONS ${options}
  -DCYCLONE_CLI=OFF -DCYCLONE_C=OFF -DCYCLONE_EXAMPLES=OFF -DCYCLONE_TESTS=OFF -DCYCLONE_MPI=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME cyclone CONFIG_PATH lib/cmake/cyclone)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE" "${SOURCE_PATH}/third_party/NOTICES.md")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")

"""Cyclone as a Conan 2 package: `conan create third_party/conan`.

Cyclone finds its libraries on the system (third_party/install.sh names them), so the package has no requirements. With the
options as they are it has cyclone::core, for tools that load a network and answer.
"""

import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class Cyclone(ConanFile):
    name = "cyclone"
    description = "Trains convolutional networks on CPUs and shows what a cyclical learning rate does"
    license = "Apache-2.0"
    topics = ("deep-learning", "cnn", "cyclical-learning-rate", "onednn")
    package_type = "library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"shared": [True, False], "with_onednn": [True, False], "full": [True, False]}
    default_options = {"shared": False, "with_onednn": True, "full": False}

    def _source(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        text = load(self, os.path.join(self._source(), "include/cyclone/base/version.h"))
        self.version = re.search(r'CYCLONE_VERSION "([^"]+)"', text).group(1)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "README.md", "include/*", "src/*", "third_party/*"):
            copy(self, pattern, self._source(), self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for name in ("CLI", "C", "EXAMPLES", "TESTS", "MPI"):
            toolchain.cache_variables["CYCLONE_" + name] = False
        toolchain.cache_variables["CYCLONE_FULL"] = bool(self.options.full)
        toolchain.cache_variables["CYCLONE_ONEDNN"] = bool(self.options.with_onednn)
        toolchain.cache_variables["BUILD_SHARED_LIBS"] = bool(self.options.shared)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        # The package's own CMake files know best what has to be linked.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "cyclone")]
        self.cpp_info.includedirs = ["include"]

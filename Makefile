# The front door. Everything is built below build/; CMake does the work.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
BUILD ?= build
CMAKE_FLAGS ?=
FUZZ_SECONDS ?= 600
ORACLES ?= numpy onnx onnxruntime safetensors conan

# Where CI is set, as every CI service does, warnings are errors. (Sanitizers change what GCC's analysis sees.)
warnings = $(if $(CI),-DCYCLONE_WERROR=ON)
configure = cmake -S . -B $(1) -DCMAKE_BUILD_TYPE=$(2) $(warnings) $(3) $(CMAKE_FLAGS) > $(1)/configure.log 2>&1 || { cat $(1)/configure.log; exit 1; }
# Compiles in half the time, and line numbers are all that a finding needs.
quick_debug = -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1"
# Core alone, quickly compiled, with nothing of this system but headers that belong to none.
cross_flags = -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" -DCYCLONE_FULL=OFF -DCYCLONE_TESTS=ON -DCYCLONE_ONEDNN=OFF \
	-DCYCLONE_HOST_HEADERS=ON -DCYCLONE_INSTALL=OFF -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
	-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY
compile = cmake --build $(1) -j $(JOBS)
fuzz_flags = -DCMAKE_CXX_COMPILER=clang++ -DCYCLONE_FUZZ=ON -DCYCLONE_SANITIZE=address$(comma)undefined \
	-DCYCLONE_TESTS=OFF -DCYCLONE_EXAMPLES=OFF -DCYCLONE_CLI=OFF -DCYCLONE_C=OFF -DCYCLONE_ONEDNN=OFF \
	-DCYCLONE_HDF5=OFF
tsan_flags = -DCMAKE_CXX_COMPILER=clang++ -DCYCLONE_SANITIZE=thread -DCYCLONE_EXAMPLES=OFF -DCYCLONE_CLI=OFF -DCYCLONE_ONEDNN=OFF \
	-DCYCLONE_HDF5=OFF
tidy = mkdir -p $(BUILD)/lint && $(call configure,$(BUILD)/lint,Release,-DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCYCLONE_TESTS=OFF \
	-DCYCLONE_WERROR=OFF); \
	sh tests/lint/tidy.sh $(BUILD)/lint $(JOBS)
run_tests = cd $(1) && ctest -j $(JOBS) --output-on-failure

.DEFAULT_GOAL := help
.NOTPARALLEL:  # targets share apt-get's lock and folders; JOBS says how many files are compiled at a time
.PHONY: help build compare test bench bench-build bench-peers oracles lint analyze format sanitize tsan valgrind fuzz nodeps arm windows web fresh docs \
	install uninstall clean

help:  ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: packages-build  ## Build the library and the programs (build/bin/)
	@mkdir -p $(BUILD)
	@$(call configure,$(BUILD),Release,-DCYCLONE_TESTS=OFF -DCYCLONE_BENCH=OFF)
	$(call compile,$(BUILD))

compare: build  ## Install what is missing, build, and compare fixed with cyclical learning rates
	$(BUILD)/bin/fixed_vs_clr $(BUILD)/compare

test: packages-test  ## Install what is missing, build, and run all tests
	@mkdir -p $(BUILD)/test
	@$(call configure,$(BUILD)/test,Release)
	$(call compile,$(BUILD)/test)
	$(call run_tests,$(BUILD)/test)

bench-build: packages-bench
	@mkdir -p $(BUILD)/bench
	@$(call configure,$(BUILD)/bench,Release,-DCYCLONE_TESTS=OFF -DCYCLONE_EXAMPLES=OFF -DCYCLONE_CLI=OFF -DCYCLONE_BENCH=ON)
	$(call compile,$(BUILD)/bench)

bench: bench-build  ## Measure speed against raw oneDNN on this machine
	$(BUILD)/bench/bin/bench $(BENCH_FLAGS)

bench-peers: bench-build packages-peers  ## Measure speed against PyTorch, Keras, JAX and dlib (installs them below build/)
	python3 tests/bench/peers/compare.py --bench $(BUILD)/bench/bin/bench --venv $(BUILD)/peers \
		$(if $(PEERS),--peers $(PEERS)) $(PEERS_FLAGS)

oracles: packages-peers  ## Python with onnx, onnxruntime and conan below build/, for tests (ORACLES="... torch" adds PyTorch)
	python3 -m venv $(BUILD)/oracles
	$(BUILD)/oracles/bin/pip install -q $(ORACLES)

lint: packages-lint  ## Include directions, system headers, the C interface, clang-format, clang-tidy; every finding is an error
	sh tests/lint/include_directions.sh
	sh tests/lint/system_headers.sh
	sh tests/lint/abi.sh
	sh tests/lint/format.sh --check
	@$(tidy) quick

analyze: packages-lint  ## clang's static analyzer over the same files: slow, so by hand
	@$(tidy) deep

format: packages-lint  ## Format every source file in place
	sh tests/lint/format.sh

sanitize: packages-test  ## The tests under the address and undefined-behaviour sanitizers
	@mkdir -p $(BUILD)/sanitize
	@$(call configure,$(BUILD)/sanitize,RelWithDebInfo,-DCYCLONE_SANITIZE=address$(comma)undefined $(quick_debug) -DCYCLONE_WERROR=OFF)
	$(call compile,$(BUILD)/sanitize)
	$(call run_tests,$(BUILD)/sanitize)

# Archer tells the sanitizer where the threads of OpenMP meet; without it all their loops are races.
tsan: packages-tsan  ## The tests under the thread sanitizer (clang, which knows OpenMP; without oneDNN, HDF5, programs)
	@mkdir -p $(BUILD)/tsan
	@$(call configure,$(BUILD)/tsan,RelWithDebInfo,$(tsan_flags) $(quick_debug) -DCYCLONE_WERROR=OFF)
	$(call compile,$(BUILD)/tsan)
	export TSAN_OPTIONS="ignore_noninstrumented_modules=1 die_after_fork=0" OMP_NUM_THREADS=3 OMP_WAIT_POLICY=passive \
		OMP_TOOL_LIBRARIES="$$(clang++ -print-file-name=libarcher.so)"; $(call run_tests,$(BUILD)/tsan)

# Valgrind knows no AVX-512.
valgrind: packages-valgrind  ## The tests of memory and files under valgrind
	@mkdir -p $(BUILD)/test
	@$(call configure,$(BUILD)/test,Release)
	$(call compile,$(BUILD)/test)
	for part in base tensor autograd io; do echo $$part; OMP_NUM_THREADS=1 ONEDNN_MAX_CPU_ISA=SSE41 \
		valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
		$(BUILD)/test/tests/cyclone_test_$$part || exit 1; done
	valgrind -q --error-exitcode=1 $(BUILD)/test/tests/cyclone_test_data "*damaged images*"
	OMP_NUM_THREADS=1 ONEDNN_MAX_CPU_ISA=SSE41 valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=definite \
		--errors-for-leak-kinds=definite $(BUILD)/test/tests/c/cyclone_c_program $(BUILD)/test/tests/c/files/valgrind.safetensors

fuzz: packages-fuzz  ## Bad input for every reader, FUZZ_SECONDS (600) each
	@mkdir -p $(BUILD)/fuzz-build
	@$(call configure,$(BUILD)/fuzz-build,RelWithDebInfo,$(fuzz_flags))
	$(call compile,$(BUILD)/fuzz-build)
	sh tests/fuzz/run.sh $(BUILD)/fuzz-build $(FUZZ_SECONDS)

# The parts that notice; the program's trainings would take minutes with the reference kernels.
nodeps: packages-test  ## Build without oneDNN, OpenMP, HDF5 and images, and test what depends on them
	@mkdir -p $(BUILD)/nodeps
	@echo "Left out: oneDNN, OpenMP, HDF5, JPEG; the tests of parts that know none of them, and of the programs"
	@$(call configure,$(BUILD)/nodeps,Release,-DCYCLONE_ONEDNN=OFF -DCYCLONE_OPENMP=OFF -DCYCLONE_HDF5=OFF \
		-DCYCLONE_IMAGES=OFF '-DCYCLONE_TEST_PARTS=base|ops|nn|io|data|train|lab|c')
	$(call compile,$(BUILD)/nodeps)
	$(call run_tests,$(BUILD)/nodeps)

# Other systems, by Debian's cross compilers: cyclone::core, and the tests of its parts.
arm: packages-arm  ## Cross build of cyclone::core for 64-bit ARM, its tests in an emulator (qemu)
	@mkdir -p $(BUILD)/arm
	@echo "Left out: oneDNN (it would have to be built first), and everything outside cyclone::core"
	@$(call configure,$(BUILD)/arm,Release,$(cross_flags) -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
		-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_FIND_ROOT_PATH=/usr/aarch64-linux-gnu \
		"-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64-static;-L;/usr/aarch64-linux-gnu")
	$(call compile,$(BUILD)/arm)
	$(call run_tests,$(BUILD)/arm) -V

windows: packages-windows  ## Cross build of cyclone::core for Windows (MinGW-w64), its tests in wine
	@mkdir -p $(BUILD)/windows
	@echo "Left out: oneDNN (Debian has none for it), OpenMP (the threads are std::thread's), everything outside cyclone::core; and tests that need fork, signals or limits of processes:"
	@$(call configure,$(BUILD)/windows,Release,$(cross_flags) -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_SYSTEM_PROCESSOR=x86_64 \
		-DCMAKE_CXX_COMPILER=x86_64-w64-mingw32-g++-posix -DCMAKE_FIND_ROOT_PATH=/usr/x86_64-w64-mingw32 \
		-DCYCLONE_OPENMP=OFF -DCMAKE_EXE_LINKER_FLAGS=-static -DCMAKE_CROSSCOMPILING_EMULATOR=wine)
	@sed -n 's/.*need POSIX, left out: /  /p' $(BUILD)/windows/configure.log
	$(call compile,$(BUILD)/windows)
	export WINEPREFIX=$(abspath $(BUILD))/windows/wine WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=; $(call run_tests,$(BUILD)/windows) -V

# NODE_PATH: Debian's emscripten needs a module of Debian's, which a node from elsewhere does not look for.
web: packages-web  ## The page that trains in the browser, build/web/live.html (emscripten); `make test` then tries it
	@mkdir -p $(BUILD)/web/engine
	@NODE_PATH=/usr/share/nodejs emcmake cmake -S src/web -B $(BUILD)/web/engine -DCMAKE_BUILD_TYPE=Release \
		-Dlive_page=$(abspath $(BUILD))/web/live.html > $(BUILD)/web/configure.log 2>&1 || { cat $(BUILD)/web/configure.log; exit 1; }
	NODE_PATH=/usr/share/nodejs $(call compile,$(BUILD)/web/engine)

fresh:  ## The two commands in a new Debian (SUITE=trixie or bookworm; needs root and debootstrap)
	sh tests/fresh/fresh.sh $(or $(SUITE),trixie) $(BUILD)/fresh/$(or $(SUITE),trixie)

install: build  ## Install program, library, headers and CMake package (CMAKE_FLAGS=-DCMAKE_INSTALL_PREFIX=...)
	cmake --install $(BUILD)

uninstall:  ## Remove what the last `make install` of this build folder installed
	@test -f $(BUILD)/install_manifest.txt || { echo "nothing was installed from $(BUILD)" >&2; exit 1; }
	xargs -d '\n' rm -f < $(BUILD)/install_manifest.txt

docs: packages-docs  ## The public headers and the guides as pages (build/docs/html); an undocumented name is an error
	@mkdir -p $(BUILD)/docs
	@(cat .doxygen; echo USE_MDFILE_AS_MAINPAGE=$(CURDIR)/README.md; echo OUTPUT_DIRECTORY=$(BUILD)/docs; \
		echo WARN_LOGFILE=$(BUILD)/docs/warnings.log) | doxygen -
	@if [ -s $(BUILD)/docs/warnings.log ]; then head -n 40 $(BUILD)/docs/warnings.log >&2; exit 1; fi
	@echo "$(BUILD)/docs/html/index.html"

clean:  ## Remove everything that was built
	rm -rf $(BUILD)

packages-%:
	@sh third_party/install.sh $*

comma := ,

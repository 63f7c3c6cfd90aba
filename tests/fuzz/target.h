#pragma once
// FUZZ_TARGET(name) { ... } does something with the `size` bytes at `data` and returns 0: libFuzzer's function, unless
// somebody has defined it otherwise (short_run_test.cpp).

#include <cstddef>
#include <cstdint>

#ifndef FUZZ_TARGET
#define FUZZ_TARGET(name) extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
#endif

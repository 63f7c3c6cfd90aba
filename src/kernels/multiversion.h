#pragma once
// Run-time dispatch of hot loops: a marked function is compiled for AVX-512, AVX2 and baseline x86-64, and the loader
// picks one. For serial loops only: OpenMP pragmas inside would not belong to the chosen version, so parallel_for()
// calls the marked function and not the reverse.

#include <cstdint>  // any libc header: defines __GLIBC__, whose loader resolves the versions

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(CYCLONE_NO_MULTIVERSION)
#if defined(__clang__)
#if __clang_major__ >= 14
#define CYCLONE_MULTIVERSION __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#elif defined(__GNUC__)
#define CYCLONE_MULTIVERSION __attribute__((target_clones("avx512f", "avx2", "default")))
#define CYCLONE_MULTIVERSION_TEMPLATE CYCLONE_MULTIVERSION
#endif
#endif

#ifndef CYCLONE_MULTIVERSION
#define CYCLONE_MULTIVERSION
#endif
/// The same for function templates (declare them static): empty under clang, which cannot dispatch those.
#ifndef CYCLONE_MULTIVERSION_TEMPLATE
#define CYCLONE_MULTIVERSION_TEMPLATE
#endif

#pragma once
// SHOAL_ASSERT: for errors of the programmer, on in every build. Bad input is a failure value, never an assert.

#include <cstdio>
#include <cstdlib>

namespace shoal::base_detail {
[[noreturn]] inline void assert_failed(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "shoal: assertion failed: %s (%s:%d)\n", what, file, line);
    std::abort();
}
}  // namespace shoal::base_detail

#define SHOAL_ASSERT(condition) \
    ((condition) ? static_cast<void>(0) : ::shoal::base_detail::assert_failed(#condition, __FILE__, __LINE__))

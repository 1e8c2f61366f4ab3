// The harness itself: a program that a sanitizer found something in does not pass unnoticed.

#include <doctest/doctest.h>

#include "system/support/process.hpp"

using namespace shoal::system_test;

TEST_CASE("what each sanitizer reports is found in a program's output, and what a program says itself is none") {
    CHECK(sanitizer_report("ready\n==================\nWARNING: ThreadSanitizer: data race (pid=7)\n  Write of size 4\n") ==
          "WARNING: ThreadSanitizer: data race (pid=7)");
    CHECK(sanitizer_report("==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n") ==
          "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x1");
    CHECK(sanitizer_report("bye\n\n==7==ERROR: LeakSanitizer: detected memory leaks") ==
          "==7==ERROR: LeakSanitizer: detected memory leaks");
    CHECK(sanitizer_report("a.cpp:3:5: runtime error: signed integer overflow: 1 + 2\n") ==
          "a.cpp:3:5: runtime error: signed integer overflow: 1 + 2");
    CHECK(sanitizer_report("").empty());
    CHECK(sanitizer_report("{\"level\":\"error\",\"message\":\"the runtime is gone\"}\n").empty());
}

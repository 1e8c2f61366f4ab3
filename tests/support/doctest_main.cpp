// The main of every test program: doctest, with the arguments that ctest passes on.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

// What every unit test includes; the Makefile has it parsed once.
#include <boost/test/unit_test.hpp>

#include "std.hpp"

// The unit tests' main(); each file beside this one stands for a file of lib/.
#define BOOST_TEST_MODULE stretto
#include <boost/test/included/unit_test.hpp>

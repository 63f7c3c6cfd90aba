#define CATCH_CONFIG_RUNNER
#include "support/catch.h"

#include <iostream>

int main(int argc, char** argv) {
    const int code = Catch::Session().run(argc, argv);
    if (code == 0) std::cout << cyclone::test::skipped() << std::flush;
    return code;
}

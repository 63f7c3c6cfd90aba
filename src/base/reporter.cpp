// The only place where the library writes to standard error on its own.

#include <cyclone/base/reporter.h>

#include <iostream>

namespace cyclone {

void notify(const Reporter& reporter, const std::string& message) {
    if (reporter)
        reporter(message);
    else
        std::cerr << message + "\n" << std::flush;
}

}  // namespace cyclone

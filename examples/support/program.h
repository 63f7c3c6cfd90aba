#pragma once
// What every program does the same way: bad use ends with exit code 2, a failure with 1, both with one line on stderr.

#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>
#include <cyclone/base/profile.h>

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <vector>

namespace support {

inline std::string with_hint(const CLI::App& app, const CLI::ExtrasError& error) {
    std::string message = error.what();
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back(name);
    const auto dashes = message.rfind("--");
    if (dashes == std::string::npos) return message;
    const std::string given = message.substr(dashes + 2, message.find_first_of(" =", dashes) - dashes - 2);
    const std::string nearest = cyclone::nearest_name(given, names);
    return nearest.empty() ? message : message + " (did you mean --" + nearest + "?)";
}

/// Parses the command line and runs `body`; its result is the exit code. Every program gets --profile.
inline int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
    const std::string name = app.get_name();
    const auto report = [&name](const std::string& message, int code) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), message.c_str());
        return code;
    };
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error like a full disk
    bool profiled = false;
    app.add_flag("--profile", profiled, "print at the end where the time went, by phase and operation")
        ->group("Output");
    try {
        app.parse(argc, argv);
        if (profiled) cyclone::profile::start();
        const int code = body();
        cyclone::profile::print(std::cout);
        std::cout.flush();
        if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
            return report("standard output: cannot be written (disk full?)", 1);
        return code;
    } catch (const CLI::Success& success) {  // --help
        return app.exit(success);
    } catch (const CLI::ExtrasError& error) {
        return report(with_hint(app, error), 2);
    } catch (const CLI::ParseError& error) {
        return report(std::string(error.what()) + " (see --help)", 2);
    } catch (const cyclone::UsageError& error) {
        return report(error.what(), 2);
    } catch (const std::bad_alloc&) {
        return report("out of memory", 1);
    } catch (const std::exception& error) {
        return report(error.what(), 1);
    }
}

}  // namespace support

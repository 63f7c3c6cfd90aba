#include "support/command_line.h"

#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>
#include <cyclone/base/profile.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>

#include <CLI/CLI.hpp>

namespace support {

struct CommandLine::Impl {
    std::shared_ptr<CLI::App> app;
    std::vector<std::unique_ptr<CommandLine>> subcommands = {};
    std::string command = {};
    bool profiled = false;
};

namespace {

std::string with_hint(const CLI::App& app, const CLI::ExtrasError& error) {
    std::string message = error.what();
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back(name);
    const auto dashes = message.rfind("--");
    if (dashes == std::string::npos) return message;
    const std::string given = message.substr(dashes + 2, message.find_first_of(" =", dashes) - dashes - 2);
    const std::string nearest = cyclone::nearest_name(given, names);
    return nearest.empty() || nearest == given ? message : message + " (did you mean --" + nearest + "?)";
}

// The library would read -1 as 2^64 - 1.
std::string without_sign(const std::string& text) {
    return text.starts_with('-') ? "expected a whole number from 0 up, got " + text : "";
}

}  // namespace

CommandLine::CommandLine(const std::string& program, const std::string& description)
    : CommandLine(std::make_unique<Impl>(Impl{.app = std::make_shared<CLI::App>(description, program)})) {}
CommandLine::CommandLine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CommandLine::~CommandLine() = default;

void CommandLine::group(const std::string& title) { impl_->app->option_defaults()->group(title); }
void CommandLine::show_defaults(bool show) { impl_->app->option_defaults()->always_capture_default(show); }

void CommandLine::option(const std::string& name, std::string& target, const std::string& description) {
    impl_->app->add_option(name, target, description);
}
void CommandLine::option(const std::string& name, std::filesystem::path& target, const std::string& description) {
    impl_->app->add_option(name, target, description);
}
void CommandLine::option(const std::string& name, int& target, const std::string& description) {
    impl_->app->add_option(name, target, description);
}
void CommandLine::option(const std::string& name, std::int64_t& target, const std::string& description) {
    impl_->app->add_option(name, target, description);
}
void CommandLine::option(const std::string& name, std::uint64_t& target, const std::string& description) {
    impl_->app->add_option(name, target, description)->check(without_sign, "");
}
void CommandLine::option(const std::string& name, double& target, const std::string& description) {
    impl_->app->add_option(name, target, description);
}
void CommandLine::option(const std::string& name, std::optional<int>& target, const std::string& description) {
    impl_->app->add_option(name, target, description);
}
void CommandLine::option(const std::string& name, std::optional<std::int64_t>& target, const std::string& description) {
    impl_->app->add_option(name, target, description);
}
void CommandLine::option(const std::string& name, std::optional<std::uint64_t>& target,
                         const std::string& description) {
    impl_->app->add_option(name, target, description)->check(without_sign, "");
}
void CommandLine::option(const std::string& name, std::optional<double>& target, const std::string& description) {
    impl_->app->add_option(name, target, description);
}
void CommandLine::option(const std::string& name, std::vector<std::string>& target, const std::string& description) {
    impl_->app->add_option(name, target, description)->allow_extra_args(name[0] != '-');
}

void CommandLine::flag(const std::string& name, bool& target, const std::string& description) {
    impl_->app->add_flag(name, target, description);
}

void CommandLine::required(const std::string& name) { impl_->app->get_option(name)->required(); }

void CommandLine::only_one_of(const std::vector<std::string>& names) {
    for (auto one = names.begin(); one != names.end(); ++one)
        for (auto other = one + 1; other != names.end(); ++other)
            impl_->app->get_option(*one)->excludes(impl_->app->get_option(*other));
}

void CommandLine::footer(const std::string& text) { impl_->app->footer(text); }

CommandLine& CommandLine::subcommand(const std::string& name, const std::string& description) {
    impl_->app->require_subcommand(1);
    impl_->app->add_subcommand(name, description);
    auto impl = std::make_unique<Impl>(Impl{.app = impl_->app->get_subcommand_ptr(name)});
    impl_->subcommands.push_back(std::unique_ptr<CommandLine>(new CommandLine(std::move(impl))));
    return *impl_->subcommands.back();
}

int CommandLine::run(int argc, char** argv, const std::function<int()>& body) {
    CLI::App& app = *impl_->app;
    const auto report = [&app](const std::string& message, int code) {
        std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), message.c_str());
        return code;
    };
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error like a full disk
    for (int i = 0; i < argc; ++i) impl_->command += (i > 0 ? " " : "") + std::string(argv[i]);
    app.add_flag("--profile", impl_->profiled, "print at the end where the time went, by phase and operation")
        ->group("Output");
    try {
        app.parse(argc, argv);
        if (impl_->profiled) cyclone::profile::start();
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

const std::string& CommandLine::command() const { return impl_->command; }

bool CommandLine::given(const std::string& name) const {
    for (const auto& subcommand : impl_->subcommands)
        if (subcommand->impl_->app->get_name() == name) return impl_->app->got_subcommand(name);
    return impl_->app->count(name) > 0;
}

std::vector<std::string> CommandLine::names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : impl_->app->get_options()) names.push_back(option->get_name());
    return names;
}

std::string CommandLine::text(const std::string& name) const {
    std::string joined;
    for (const std::string& text : impl_->app->get_option(name)->results())
        joined += (joined.empty() ? "" : " ") + text;
    return joined;
}

void CommandLine::set(const std::string& name, const std::string& text) {
    CLI::Option* option = impl_->app->get_option(name);
    option->add_result(text);
    option->run_callback();
}

}  // namespace support

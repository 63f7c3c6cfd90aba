#pragma once
// The command line of a program: its options and where their values go, --help, and how mistakes are told. Only
// command_line.cpp knows the library behind it, which takes long to compile.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace support {

/// Options are added first; run() reads the command line and calls the program's body. Every program gets --help and
/// --profile.
class CommandLine {
public:
    CommandLine(const std::string& program, const std::string& description);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    /// The options that follow stand below this title in --help; with an empty one they are not shown.
    void group(const std::string& title);
    /// Whether --help tells the value that the target of an option that follows has now.
    void show_defaults(bool show = true);

    /// "--name VALUE", or an argument by its place when the name has no dashes. The target keeps its value when the
    /// option is not given, and must live as long as run().
    void option(const std::string& name, std::string& target, const std::string& description);
    void option(const std::string& name, std::filesystem::path& target, const std::string& description);
    void option(const std::string& name, int& target, const std::string& description);
    void option(const std::string& name, std::int64_t& target, const std::string& description);
    void option(const std::string& name, std::uint64_t& target, const std::string& description);
    void option(const std::string& name, double& target, const std::string& description);
    void option(const std::string& name, std::optional<int>& target, const std::string& description);
    void option(const std::string& name, std::optional<std::int64_t>& target, const std::string& description);
    void option(const std::string& name, std::optional<std::uint64_t>& target, const std::string& description);
    void option(const std::string& name, std::optional<double>& target, const std::string& description);
    /// May be given several times, one text each; by its place it takes all that is left.
    void option(const std::string& name, std::vector<std::string>& target, const std::string& description);
    /// "--name" alone sets the target.
    void flag(const std::string& name, bool& target, const std::string& description);

    void required(const std::string& name);
    /// No two of them together.
    void only_one_of(const std::vector<std::string>& names);
    /// The last lines of --help.
    void footer(const std::string& text);
    /// "program name ...", with options of its own; one of a program's subcommands must be given. It lives as long as
    /// this.
    CommandLine& subcommand(const std::string& name, const std::string& description);

    /// Reads the command line and calls `body`, whose result is the exit code. Bad use (also UsageError) ends with 2,
    /// any other exception with 1, both with one line on standard error.
    int run(int argc, char** argv, const std::function<int()>& body);

    // For the body: what was given.

    /// The command as it was typed.
    const std::string& command() const;
    /// Whether the option or subcommand was given.
    bool given(const std::string& name) const;
    /// The names of all options.
    std::vector<std::string> names() const;
    /// What was given for the option, several texts with spaces between; empty when nothing was.
    std::string text(const std::string& name) const;
    /// As if the text had been given for the option.
    void set(const std::string& name, const std::string& text);

private:
    struct Impl;
    explicit CommandLine(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace support

#pragma once
// Progress: a line on the terminal with the progress and the remaining time. It never goes into a pipe.

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>

namespace cyclone::train {

enum class ProgressMode {
    automatic,  ///< on where standard error is a terminal
    on,
    off,
};

/// Counts units of work towards a total, for one training or for several threads together: add() and note() may be
/// called from any thread, cost next to nothing, and redraw the line at most ten times a second.
class Progress {
public:
    /// On standard error; `total` units of work are 100 %.
    Progress(std::string label, std::int64_t total, ProgressMode mode = ProgressMode::automatic);
    /// The same on another stream (automatic means off there).
    Progress(std::string label, std::int64_t total, ProgressMode mode, std::ostream& out);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Counts units that are done.
    void add(std::int64_t units = 1);
    /// Adds units that were done before the start; they do not count for the speed.
    void resume(std::int64_t units);
    /// A short text after the numbers, such as the loss.
    void note(const std::string& text);
    /// Whether anything is drawn, so that a caller can save the work of a note().
    bool visible() const;
    /// Wipes the line until the next draw, so that something else can be printed.
    void clear();
    /// Wipes the line; further calls draw nothing. The destructor does it too.
    void finish();

    /// Units that are done.
    std::int64_t done() const;

private:
    struct State;
    const std::unique_ptr<State> state_;
};

/// "41 s", "12:05", "3:20:59"; "?" for a negative or non-finite number.
std::string format_duration(double seconds);

}  // namespace cyclone::train

#pragma once
// What a schedule is made of. Every schedule of the library, and one of your own, is a Definition and a formula:
//
//     Schedule square_root_decay(double base, Length scale) {
//         schedule::Definition d("square_root_decay");
//         d.rate("base", base).length("scale", scale);
//         return d.formula([=](std::uint64_t t, const schedule::Parts& parts) {
//             return base / std::sqrt(1 + static_cast<double>(t) / parts.updates(0));
//         });
//     }
//
// What it says besides (Marks, cycles, rises_to, height, stages) answers the questions that Schedule lists.

#include <cyclone/base/error.h>
#include <cyclone/schedule/length.h>
#include <cyclone/schedule/schedule.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::schedule {

/// What a formula receives besides the update number: its lengths, now in updates, and its inner schedules, both in
/// the order in which the Definition named them.
struct Parts {
    std::vector<std::uint64_t> lengths;  ///< in updates
    std::vector<Schedule> inner;         ///< with lengths in updates

    /// Length i, ready for arithmetic.
    double updates(std::size_t i) const { return static_cast<double>(lengths[i]); }
};

/// Value at one update; must be finite and >= 0.
using Formula = std::function<double(std::uint64_t update, const Parts& parts)>;

/// The cycle in which an update lies, if any.
using CycleRule = std::function<std::optional<Cycle>(std::uint64_t update, const Parts& parts)>;

/// Collects name and parameters, checks them, and describes the result. Each parameter call throws Error on nonsense.
class Definition {
public:
    /// `name` begins messages and describe(); it has no other meaning.
    explicit Definition(std::string name) : name_(std::move(name)) {}

    /// A rate: finite and >= 0.
    Definition& rate(std::string_view parameter, double value);
    /// Two rates, low <= high.
    Definition& range(std::string_view low_parameter, double low, std::string_view high_parameter, double high);
    /// A number that multiplies again and again: 0 < value <= 1 (above 1 the rate would grow beyond all bounds).
    Definition& factor(std::string_view parameter, double value);
    /// A part of a whole: 0 <= value <= 1.
    Definition& fraction(std::string_view parameter, double value);
    /// Finite and > 0.
    Definition& positive(std::string_view parameter, double value);
    /// Shown in describe(), not checked.
    Definition& text(std::string_view parameter, std::string_view value);
    /// A length: finite and > 0. It becomes Parts::lengths[i] in the order of calls.
    Definition& length(std::string_view parameter, Length value, Marks marks = Marks::nothing);
    /// Another schedule. It becomes Parts::inner[i] in the order of calls.
    Definition& schedule(Schedule value);
    /// Throws Error("<name>: ...") unless ok.
    template <class... Texts>
    Definition& require(bool ok, const Texts&... texts) {
        check(ok, name_, texts...);
        return *this;
    }

    // What the schedule says of itself; all of it is optional. The functions must be pure, as the formula.

    /// Its value depends on the number of updates besides its lengths, see Schedule::counts_epochs().
    Definition& counts_updates();
    /// It has cycles.
    Definition& cycles(CycleRule rule);
    /// It rises, and is highest at this update for the first time.
    Definition& rises_to(std::function<std::uint64_t(const Parts& parts)> update);
    /// How far it has risen, in [0, 1]: what a momentum against it needs (against(), compose.h).
    Definition& height(Formula formula);
    /// The inner schedules run one after the other: the update at which each begins, in their order.
    Definition& stages(std::function<std::vector<std::uint64_t>(const Parts& parts)> begins);

    /// The schedule. The formula must be pure: same update, same value, in any thread.
    Schedule formula(Formula formula) const;

private:
    friend class cyclone::Schedule;
    /// One item of describe(): fixed text, or the place of a length or inner schedule.
    struct Item {
        enum Kind { fixed, a_length, a_schedule } kind;
        std::string text;
        std::size_t index;
    };
    std::string name_;
    std::vector<Item> items_;
    std::vector<Length> lengths_;
    std::vector<Marks> marks_;
    std::vector<Schedule> inner_;
    bool counts_updates_ = false;
    CycleRule cycles_;
    std::function<std::uint64_t(const Parts&)> peak_;
    Formula height_;
    std::function<std::vector<std::uint64_t>(const Parts&)> stages_;
};

/// The shortest text that reads back as the same number: "0.002", "100000", "1e-05".
std::string format_number(double value);

}  // namespace cyclone::schedule

// Numbers as text for people.
#include <cyclone/base/number_text.h>

#include <cmath>
#include <iomanip>
#include <locale>
#include <sstream>

namespace cyclone::number_text {
namespace {

template <class... Manipulators>
std::string formatted(double value, Manipulators... manipulators) {
    if (!std::isfinite(value)) return "n/a";
    std::ostringstream out;
    out.imbue(std::locale::classic());
    ((out << manipulators), ...);
    out << value;
    return out.str();
}

}  // namespace

std::string number(double value, int digits) { return formatted(value, std::fixed, std::setprecision(digits)); }

std::string signed_number(double value, int digits) {
    return (std::isfinite(value) && value >= 0 ? "+" : "") + number(value, digits);
}

std::string significant(double value, int digits) { return formatted(value, std::setprecision(digits)); }

std::string interval(double low, double high, int digits) {
    if (!std::isfinite(low) || !std::isfinite(high)) return "n/a";
    return "[" + number(low, digits) + ", " + number(high, digits) + "]";
}

std::string signed_interval(double low, double high, int digits) {
    if (!std::isfinite(low) || !std::isfinite(high)) return "n/a";
    return "[" + signed_number(low, digits) + ", " + signed_number(high, digits) + "]";
}

std::string p_value(double p) { return p < 0.0001 ? "<0.0001" : number(p, 4); }

}  // namespace cyclone::number_text

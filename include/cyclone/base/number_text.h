#pragma once
// Numbers as text for people, in the C locale; what is not finite is "n/a".

#include <cyclone/base/language.h>

#include <string>

namespace cyclone::number_text {

/// With `digits` digits after the point: "0.981".
std::string number(double value, int digits);
/// "+0.012"
std::string signed_number(double value, int digits);
/// Significant digits, without trailing zeros: "0.0123", "1e-05".
std::string significant(double value, int digits = 3);
/// "[0.981, 0.993]"; "n/a" where a limit is not finite.
std::string interval(double low, double high, int digits = 3);
/// "[-0.003, +0.004]"
std::string signed_interval(double low, double high, int digits = 3);
/// Four digits, "<0.0001" below them.
std::string p_value(double p);

}  // namespace cyclone::number_text

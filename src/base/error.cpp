// Builds the messages of errors.

#include <cyclone/base/error.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace cyclone::detail {

void append(std::string& text, double number) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%g", number);
    std::replace(digits.begin(), digits.end(), ',', '.');  // where the program around has set a locale
    text += digits.data();
}
void append(std::string& text, long long number) { text += std::to_string(number); }
void append(std::string& text, unsigned long long number) { text += std::to_string(number); }

std::string joined(std::initializer_list<MessagePart> parts) {
    std::string text;
    for (const MessagePart& part : parts) part.append_to(text);
    return text;
}

std::string message(std::string_view where, std::initializer_list<MessagePart> parts) {
    return std::string(where) + ": " + joined(parts);
}

}  // namespace cyclone::detail

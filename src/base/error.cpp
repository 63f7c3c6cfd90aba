// Builds the messages of errors.

#include <cyclone/base/error.h>

namespace cyclone::detail {

std::string message(std::string_view where, std::initializer_list<MessagePart> parts) {
    std::ostringstream text;
    text << where << ": ";
    for (const MessagePart& part : parts) part.print_to(text);
    return text.str();
}

}  // namespace cyclone::detail

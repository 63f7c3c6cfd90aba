#pragma once
// Text that must be UTF-8, whatever bytes it was made of.

#include <cstddef>
#include <string>
#include <string_view>

namespace cyclone {

/// Bytes of the UTF-8 character at the start of `text`; 0 when there is none (empty text, overlong forms and surrogates
/// included).
std::size_t utf8_length(std::string_view text);

/// `text` with each byte that belongs to no UTF-8 character written as "\xE9"; other text stays as it is. What names a
/// file or a class goes through it before it is stored, since JSON and safetensors hold UTF-8 only.
std::string valid_utf8(std::string_view text);

}  // namespace cyclone

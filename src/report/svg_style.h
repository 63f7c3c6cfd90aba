#pragma once
// The style sheet inside an SVG file of its own.

#include <string>

namespace cyclone::report {

std::string document_style();

}  // namespace cyclone::report

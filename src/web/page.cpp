// Prints the style sheet of the live page, which is that of the report's pages.

#include <cyclone/report/svg.h>

#include <iostream>

int main() { std::cout << cyclone::report::page_style(); }

// clr.hpp's schedules, seen by a C++17 compiler.
#include <cmath>
#include <cyclone/clr.hpp>

#include "loop.h"

namespace clr_header {

double value(const std::string& name, std::uint64_t t) {
    if (name == "triangular") return clr::Triangular{0.002, 0.03, 70}(t);
    if (name == "triangular, slow fall") return clr::Triangular{0.002, 0.03, 70, 130}(t);
    if (name == "triangular2") return clr::Triangular2{0.002, 0.03, 70}(t);
    if (name == "exp_range") return clr::ExpRange{0.002, 0.03, 70, 0.999}(t);
    if (name == "one_cycle") return clr::OneCycle{0.3, 900}(t);
    if (name == "one_cycle, three straight phases") return clr::OneCycle{0.3, 900, 0.45, 10, 100, true, true}(t);
    if (name == "linear") return clr::Linear{0.1, 0.001, 700}(t);
    if (name == "polynomial") return clr::Polynomial{0.1, 0.001, 700, 1.7}(t);
    if (name == "cosine") return clr::Cosine{0.1, 0.001, 700}(t);
    if (name == "step") return clr::Step{0.1, 300, 0.3}(t);
    if (name == "time_decay") return clr::TimeDecay{0.01, 0.96}(t);
    if (name == "warm_restarts") return clr::WarmRestarts{0.001, 0.1, 60, 1.5, 0.8}(t);
    if (name == "momentum") return clr::mirrored(clr::Triangular{0, 1, 70}.height(t), 0.85, 0.95);
    return -1;
}

namespace {

template <class Rule>
void check(std::vector<std::string>& found, const Rule& rule) {
    const char* problem = rule.problem();
    if (problem && std::isnan(rule(0)) && std::isnan(rule(5))) found.emplace_back(problem);
}

}  // namespace

std::vector<std::string> problems() {
    std::vector<std::string> found;
    check(found, clr::Triangular{0.2, 0.1, 10});
    check(found, clr::Triangular{0.1, HUGE_VAL, 10});
    check(found, clr::Triangular{0.1, 0.2, 1000, ~std::uint64_t{0}});  // whose sum would be 999
    check(found, clr::Triangular2{0.1, 0.2, std::uint64_t{1} << 63});  // and here 0
    check(found, clr::Triangular2{0.1, 0.2, 0});
    check(found, clr::ExpRange{0.1, 0.2, 10, 1.5});
    check(found, clr::OneCycle{0.1, 0});
    check(found, clr::OneCycle{0.1, 100, 0.6, 25, 1e4, false, true});
    check(found, clr::OneCycle{0.1, 100, 0.3, 0.5});
    check(found, clr::Linear{-0.1, 0, 10});
    check(found, clr::Polynomial{0.1, 0, 10, 0});
    check(found, clr::Cosine{0.1, NAN, 10});
    check(found, clr::Step{0.1, 10, 0});
    check(found, clr::TimeDecay{0.1, -1});
    check(found, clr::WarmRestarts{0.1, 0.2, 10, -1});
    return found;
}

}  // namespace clr_header

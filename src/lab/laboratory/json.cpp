// A finding as JSON.
#include <cyclone/lab/laboratory.h>

namespace cyclone::lab {

std::string_view name_of(MarkKind kind) {
    switch (kind) {
        case MarkKind::line:
            return "line";
        case MarkKind::line_with_dots:
            return "line with dots";
        case MarkKind::dots:
            return "dots";
        case MarkKind::crosses:
            return "crosses";
        case MarkKind::band:
            return "band";
        case MarkKind::reference:
            return "reference";
    }
    return "?";
}

std::string_view name_of(Hue hue) {
    switch (hue) {
        case Hue::constant:
            return "constant";
        case Hue::cycle:
            return "cycle";
        case Hue::decay:
            return "decay";
        case Hue::other:
            return "other";
    }
    return "?";
}

namespace {

void flag(io::JsonFields& f, const char* key, bool& value) {
    int number = value ? 1 : 0;
    f.optional(key, number, 0);
    value = number != 0;
}

}  // namespace

void fields(io::JsonFields& f, Quantity& q) {
    f("name", q.name);
    f("values", q.values);
    flag(f, "ratio", q.ratio);
    f("claimed_at_least", q.at_least);
    f("claimed_at_most", q.at_most);
    f("mean", q.mean);
    f("low", q.low);
    f("high", q.high);
    if (!f.reading() ? !q.is_claimed() : !f.has("answer")) return;
    f.choice("answer", q.answer, std::span<const Answer>(kAnswers));
    f("seeds_needed", q.seeds_needed);
}

void fields(io::JsonFields& f, FindingRow& row) {
    f("name", row.name);
    f("values", row.values);
}

void fields(io::JsonFields& f, PictureAxis& axis) {
    f("label", axis.label);
    flag(f, "logarithmic", axis.logarithmic);
    f("low", axis.low);
    f("high", axis.high);
}

void fields(io::JsonFields& f, PictureMark& mark) {
    f.choice("kind", mark.kind, std::span<const MarkKind>(kMarkKinds));
    f("name", mark.name);
    f.choice("hue", mark.hue, std::span<const Hue>(kHues));
    f("tone", mark.tone);
    f.optional("dashes", mark.dashes, 0);
    flag(f, "thin", mark.thin);
    f("x", mark.x);
    f("y", mark.y);
    f.optional("high", mark.high, std::vector<double>());
}

void fields(io::JsonFields& f, PicturePanel& panel) {
    f("x", panel.x);
    f("y", panel.y);
    f("marks", panel.marks);
    f("height", panel.height);
}

void fields(io::JsonFields& f, Finding& finding) {
    f("name", finding.name);
    f("title", finding.title);
    f("claim", finding.claim);
    f.choice("answer", finding.answer, std::span<const Answer>(kAnswers));
    f("words", finding.words);
    f("setting", finding.setting);
    f("look", finding.look);
    f("not_shown", finding.not_shown);
    flag(f, "quick", finding.quick);
    f("seeds", finding.seeds);
    f("quantities", finding.quantities);
    f("header", finding.header);
    f("rows", finding.rows);
    f("panels", finding.panels);
    flag(f, "shared_x", finding.shared_x);
    f("seconds", finding.seconds);
    f("provenance", finding.provenance);
}

}  // namespace cyclone::lab

#pragma once
// Reads what the SVG and HTML writers wrote: is every tag closed, do labels overlap?

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "report/svg_text.h"

namespace cyclone::test {

/// Says what is wrong with the tags of a page or picture, nothing when each is closed in its order.
inline std::string tag_mistake(const std::string& page) {
    const std::set<std::string> without_end = {"meta", "img", "br", "!DOCTYPE"};
    std::vector<std::string> open;
    for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at)) {
        const std::size_t end = page.find('>', at);
        if (end == std::string::npos) return "no > after " + page.substr(at, 40);
        const std::string tag = page.substr(at + 1, end - at - 1);
        if (tag.find('<') != std::string::npos) return "< inside " + tag;
        const std::string name = tag.substr(0, tag.find_first_of(" \n\t"));
        at = end;
        if (name[0] == '/') {
            if (open.empty() || "/" + open.back() != name) return name + " closes " + (open.empty() ? "" : open.back());
            open.pop_back();
        } else if (!without_end.count(name) && tag.back() != '/') {
            open.push_back(name);
        }
        if (name == "style" || name == "script") at = page.find("</" + name + ">", at);
    }
    return open.empty() ? "" : open.back() + " is never closed";
}

/// The tags that begin with `begin`, without the brackets.
inline std::vector<std::string> elements(const std::string& svg, const std::string& begin) {
    std::vector<std::string> tags;
    for (std::size_t at = svg.find("<" + begin); at != std::string::npos; at = svg.find("<" + begin, at + 1))
        tags.push_back(svg.substr(at + 1, svg.find('>', at) - at - 1));
    return tags;
}

/// The value of an attribute in a tag, "" without it.
inline std::string attribute(const std::string& tag, const std::string& name) {
    const std::size_t at = tag.find(" " + name + "=\"");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 3;
    return tag.substr(begin, tag.find('"', begin) - begin);
}

/// Names the first text that leaves the picture or overlaps another one, by the estimated widths; nothing without one.
inline std::string mistake_in_labels(const std::string& svg) {
    struct Label {
        std::string text;
        double left, right, y;
    };
    const std::string box = attribute(elements(svg, "svg ").at(0), "viewBox");
    const double width = std::stod(box.substr(4)), height = std::stod(box.substr(box.rfind(' ')));
    std::vector<Label> labels;
    std::string group;
    for (std::size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
        const std::string tag = svg.substr(at + 1, svg.find('>', at) - at - 1);
        if (tag.rfind("g ", 0) == 0) group = attribute(tag, "text-anchor");
        if (tag == "/g") group.clear();
        if (tag.rfind("text ", 0) != 0) continue;
        const std::size_t begin = at + tag.size() + 2;
        const std::string text = svg.substr(begin, svg.find('<', begin) - begin);
        const double size = tag.find("head") != std::string::npos ? 15 : 13, w = report::text_width(text, size);
        const std::string own = attribute(tag, "text-anchor"), anchor = own.empty() ? group : own;
        const double left = std::stod(attribute(tag, "x")) - (anchor == "end" ? w : anchor == "middle" ? w / 2 : 0);
        const Label label{text, left, left + w, std::stod(attribute(tag, "y"))};
        if (left < -1 || label.right > width + 1 || label.y < 10 || label.y > height)
            return text + " leaves the picture";
        for (const Label& other : labels)
            if (std::abs(other.y - label.y) < 11 && label.left < other.right && other.left < label.right)
                return text + " overlaps " + other.text;
        labels.push_back(label);
    }
    return {};
}

}  // namespace cyclone::test

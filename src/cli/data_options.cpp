// The options that say what data mean.

#include "cli/data_options.h"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "cli/shared.h"

namespace cyclone::cli {

void DataOptions::add_meaning(Options& options) {
    options.group("What the data mean");
    options.option("--label NAME", label,
                   "column of a table or array of the labels; a column also by its number from 1, first or last; or a "
                   "file of labels (default: found by its name)");
    options.option("--group NAME", group,
                   "column or array of what belongs together, such as patients; of image files: folder, those of each "
                   "folder below a class, or folder:2, of those below; none: nothing (default: found by its name)");
    options.option(
        "--split NAME", split,
        "column that says train, validation or test, or fold=3: rows with 3 in the column fold are for testing; "
        "folder: the subfolders of a folder of images are sets; none: none (default: found by its name)");
    options.option("--images NAME", array, "array of the images (default: found by its name or shape)");
    options.option(
        "--layout ORDER", layout,
        "of an array of images: nhwc, channels last, or nchw (default: by its shape); nwh: rows and columns are "
        "exchanged (default: those of EMNIST's files)");
    options.option("--shape HxW[xC]", shape, "of images in rows (default: square and grey)");
    options.option("--image-root FOLDER", image_root, "folder of the files that a table names");
    options.option("--file-column NAME", file_column,
                   "column of a table that names image files (default: found by its name, or by looking)");
    options.option("--ending .EXT", ending,
                   "what the names of files in a table lack, such as .jpg (default: found by looking)");
}

void DataOptions::add_image_files(Options& options) {
    options.group("Image files");
    options.option("--resize HxW", resize, "bring image files to this size: 28x32, or 28 for a square").usual();
    options.option("--fit HOW", fit,
                   "how: resize, crop (the middle) or pad with zeros (default with --resize: resize)");
    options.option("--channels", images.channels, "1 grey, 3 color (default: 3 if any image has color)");
    options.option("--bits", images.bits, "8 or 16 (default: 16 if any image has 16)");
    options.option("--most-bad", images.most_bad,
                   "fraction of the files that may be damaged; these are left out and named");
}

void DataOptions::add_memory_limit(Options& options) { cli::add_memory_limit(options, memory_limit); }

std::string DataOptions::arguments() const {
    std::string text;
    const DataOptions otherwise;
    Settings given, defaults;
    const auto into = [](Settings& list) {
        return [&list](std::string name, const auto& value) {
            std::replace(name.begin(), name.end(), '_', '-');
            const Texts texts = texts_of(value);
            list.emplace_back(name, texts.empty() ? "" : texts.front());
        };
    };
    for_each(*this, into(given));
    for_each(otherwise, into(defaults));
    for (std::size_t i = 0; i < given.size(); ++i)
        if (given[i] != defaults[i]) text += " --" + given[i].first + " " + shell_quoted(given[i].second);
    return text + (memory_limit.empty() ? "" : " --memory-limit " + memory_limit);
}

data::OpenOptions DataOptions::read() const {
    data::OpenOptions out{.label = label,
                          .group = group,
                          .split = split,
                          .array = array,
                          .layout = layout,
                          .image_root = image_root,
                          .file_column = file_column,
                          .ending = ending,
                          .images = images,
                          .memory_limit = parse_memory_limit(memory_limit)};
    if (!shape.empty()) {
        const auto size = parse_sizes("--shape", shape, 2, 3);
        out.shape = {size[0], size[1], size.size() == 3 ? size[2] : 1};
    }
    if (!resize.empty()) {
        const auto size = parse_sizes("--resize", resize, 1, 2);
        out.images.height = size.front();
        out.images.width = size.back();
        out.images.fit = data::ImageFit::resize;
    }
    if (!fit.empty()) out.images.fit = data::parse_image_fit(fit);
    return out;
}

void refuse_reading(const data::OpenOptions& given, const std::string& where, const std::string& format) {
    data::Splits none{.format = format};
    data::ReadContext(given).finish(none, where);
}

void print_notes(const std::string& command, const std::vector<std::string>& notes) {
    std::cout << std::flush;
    for (const std::string& note : notes) std::cerr << "cyclone " << command << ": " << note << '\n';
}

void print_left_out(const std::string& command, const std::vector<data::SkippedFile>& files) {
    for (const std::string& line : data::summary(files))
        std::cerr << "cyclone " << command << ": left out " << line << '\n';
}

std::int64_t class_called(const std::string& text, const std::vector<std::string>& names) {
    const auto at = std::find(names.begin(), names.end(), text);
    if (at != names.end()) return at - names.begin();
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && number >= 0 &&
        number < static_cast<std::int64_t>(names.size()))
        return number;
    constexpr std::size_t kMost = 10;
    std::string list;
    for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
        list += (i ? ", " : "") + std::to_string(i) + (names[i] == std::to_string(i) ? "" : " " + names[i]);
    fail<UsageError>("--positive", "expected the name or number of the class to tell from the rest, ", list,
                     names.size() > kMost ? ", ..." : "", text.empty() ? "" : "; got '" + text + "'");
}

}  // namespace cyclone::cli

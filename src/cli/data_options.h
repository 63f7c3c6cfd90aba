#pragma once
// The options that say what data mean and in what form images are read, the same in every program that reads data.

#include <cyclone/data/dataset.h>
#include <cyclone/data/open_options.h>

#include <string>
#include <vector>

#include "cli/options.h"

namespace cyclone::cli {

/// As they were given. Must live as long as the options that it adds.
struct DataOptions {
    std::string label, group, split, array, layout, shape, image_root, file_column, ending;
    std::string resize, fit, memory_limit;
    data::ImageOptions images;  ///< without the size

    /// --label, --group, --split, --images, --layout, --shape, --image-root, --file-column, --ending.
    void add_meaning(Options& options);
    /// --resize, --fit, --channels, --bits, --most-bad.
    void add_image_files(Options& options);
    /// --memory-limit.
    void add_memory_limit(Options& options);

    /// What was given, quoted for a shell, each option after a blank.
    std::string arguments() const;
    /// Everything in effect, checked.
    data::OpenOptions read() const;

    /// Calls f(name in run folders, field) for everything that results depend on.
    template <class Self, class F>
    static void for_each(Self& self, F&& f) {
        f("label", self.label);
        f("group", self.group);
        f("split", self.split);
        f("images", self.array);
        f("layout", self.layout);
        f("shape", self.shape);
        f("image_root", self.image_root);
        f("file_column", self.file_column);
        f("ending", self.ending);
        f("resize", self.resize);
        f("fit", self.fit);
        f("channels", self.images.channels);
        f("bits", self.images.bits);
        f("most_bad", self.images.most_bad);
    }
};

/// Prints what Splits::notes has on standard error.
/// An option of reading that was given is a UsageError, as in data::open(): for data, such as "drawn patches", that
/// have no use for any.
void refuse_reading(const data::OpenOptions& given, const std::string& where, const std::string& format);
void print_notes(const std::string& command, const std::vector<std::string>& notes);

/// Prints which files were left out on standard error, many of one kind in one line.
void print_left_out(const std::string& command, const std::vector<data::SkippedFile>& files);

/// The number of the class that `text` names or numbers. UsageError with the classes that there are.
std::int64_t class_called(const std::string& text, const std::vector<std::string>& names);

}  // namespace cyclone::cli

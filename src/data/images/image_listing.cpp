// Lists the image files of a folder.

#include "data/images/image_listing.h"

#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>
#include <cyclone/base/utf8.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "data/images/image_file.h"
#include "data/names.h"
#include "system/system.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNotAnImage = "not an image";
constexpr std::size_t kMostFiles = 100'000'000;

// Names with a dot, and those that systems and archives give to what they leave beside the files of people: of zip, of
// network storage, of Windows.
bool is_hidden(const std::string& name) {
    constexpr std::array kOfSystems{"__MACOSX",   "@eaDir",     "#recycle", "$RECYCLE.BIN", "System Volume Information",
                                    "lost+found", "__pycache__"};
    return name.starts_with('.') || std::find(kOfSystems.begin(), kOfSystems.end(), name) != kOfSystems.end();
}

// Entries know their kind without another call to the system, and strings compare faster than paths.
std::vector<fs::directory_entry> sorted_entries(const fs::path& folder) {
    std::vector<fs::directory_entry> out;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (!is_hidden(it->path().filename().native())) out.push_back(*it);
    check(!error, folder.string(), "the folder cannot be read: ", error.message());
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return a.path().native() < b.path().native(); });
    return out;
}

bool begins_like_an_image(const fs::path& path) {
    std::array<unsigned char, 132> start{};
    try {
        io::InputFile file(path);
        const ImageBytes bytes{start.data(), file.read_some(start.data(), start.size())};
        return format_of(bytes) != ImageFormat::none || other_kind_of(bytes).ends_with(" image");
    } catch (const Error&) {  // a pipe, for example
        return false;
    }
}

bool is_image(const fs::path& path) { return called_like_an_image(path) || begins_like_an_image(path); }

// Whether `folder` leads to one that holds `here`, or to `here` itself.
bool leads_up(const fs::path& folder, const fs::path& here) {
    std::error_code error;
    const fs::path above = fs::canonical(folder, error), below = fs::canonical(here, error);
    return std::mismatch(above.begin(), above.end(), below.begin(), below.end()).first == above.end();
}

constexpr const char* kLeadsUp = "leads to a folder that holds this one";

/// The folders of one walk: each is entered once, and none of those that hold the first one, so links may lead in a
/// circle.
class Walk {
public:
    explicit Walk(const fs::path& first) : first_(first) { enter(first); }

    /// Empty, or why the folder is not read.
    std::string enter(const fs::path& folder) {
        const std::string identity = system::identity(folder);
        if (identity.empty()) return "cannot be read";
        if (!seen_.insert(identity).second) return "leads to a folder that is read already";
        return folder != first_ && leads_up(folder, first_) ? kLeadsUp : "";
    }

private:
    fs::path first_;
    std::set<std::string> seen_;
};

/// The files of one class, subfolders included.
void collect(const fs::path& folder, std::int64_t label, std::vector<LabelledFile>& files,
             std::vector<SkippedFile>& others) {
    Walk walk(folder);
    std::vector<fs::path> folders{folder};
    while (!folders.empty()) {
        const fs::path current = std::move(folders.back());
        folders.pop_back();
        for (const fs::directory_entry& entry : sorted_entries(current)) {
            const fs::path& path = entry.path();
            std::error_code error;
            if (entry.is_directory(error)) {
                const std::string why = walk.enter(path);
                if (why.empty())
                    folders.push_back(path);
                else
                    others.push_back({path.string(), why});
            } else if (is_image(path)) {
                files.push_back({path, label});
            } else {
                others.push_back({path.string(), kNotAnImage, true});
            }
            check(files.size() <= kMostFiles, folder.string(), "has more than ", kMostFiles, " files");
        }
    }
}

std::vector<fs::path> subfolders(const fs::path& folder) {
    std::vector<fs::path> out;
    std::error_code error;
    for (const fs::directory_entry& entry : sorted_entries(folder))
        if (entry.is_directory(error)) out.push_back(entry.path());
    return out;
}

std::string class_of(const fs::path& folder) { return valid_utf8(folder.filename().string()); }

// Files beside the class folders belong to no class.
void name_loose_files(const fs::path& folder, std::vector<SkippedFile>& others) {
    std::error_code error;
    for (const fs::directory_entry& entry : sorted_entries(folder))
        if (!entry.is_directory(error))
            others.push_back({entry.path().string(),
                              is_image(entry.path()) ? "an image outside the class folders" : kNotAnImage, true});
}

std::string hint_on_one_class(const fs::path& folder) {
    const auto below = subfolders(folder);
    return below.size() == 1 && has_subfolder(below[0]) ? " (hint: are they in " + below[0].string() + "?)" : "";
}

/// The first `levels` folders below that of the class; an image above them is a group of its own.
std::string group_of(const fs::path& file, const fs::path& class_folder, std::int64_t levels) {
    const fs::path below = file.lexically_relative(class_folder);
    fs::path group;
    std::int64_t depth = 0;
    for (const fs::path& part : below.parent_path()) {
        if (depth++ == levels) break;
        group /= part;
    }
    return depth == 0 ? file.string() : group.string();
}

// unzip and others leave photos/photos/cat or test/test/cat.
fs::path without_doubling(fs::path folder) {
    if (!folder.has_filename()) folder = folder.parent_path();  // photos/
    const std::optional<Part> part = part_called(folder.filename().string());
    auto below = subfolders(folder);
    for (int depth = 0; depth < 4; ++depth) {  // a link to the folder itself would go on for ever
        if (below.size() != 1) return folder;
        const std::string name = below[0].filename().string();
        if (name != folder.filename() && !(part && part_called(name) == part)) return folder;
        auto inner = subfolders(below[0]);
        if (inner.empty()) return folder;  // a class that is called as the folder
        folder = below[0];
        below = std::move(inner);
    }
    return folder;
}

}  // namespace

bool has_subfolder(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (it->is_directory(error) && !is_hidden(it->path().filename().native())) return true;
    return false;
}

ImageListing list_images(const fs::path& folder, const std::vector<std::string>& classes, std::int64_t group_levels) {
    ImageListing out;
    out.class_names = classes;
    std::vector<std::string>& names = out.class_names;
    std::map<std::string, std::int64_t> groups;
    name_loose_files(folder, out.others);
    for (const fs::path& path : subfolders(folder)) {
        if (leads_up(path, folder)) {
            out.others.push_back({path.string(), kLeadsUp});
            continue;
        }
        const std::string name = class_of(path);
        auto at = std::find(names.begin(), names.end(), name);
        check(!classes.empty() || at == names.end(), path.string(), "has the name of another class, '", name, "'");
        if (classes.empty()) at = names.insert(names.end(), name);
        check(at != names.end(), folder.string(), "the training set has no class '", name, "', it has ",
              first_few(names));
        const std::size_t before = out.files.size(), others = out.others.size();
        collect(path, at - names.begin(), out.files, out.others);
        const bool empty = out.files.size() == before;
        check(!empty || !classes.empty(), path.string(), "the class has no image",
              out.others.size() == others ? "" : ", only ",
              out.others.size() == others
                  ? ""
                  : summary({out.others.begin() + static_cast<std::ptrdiff_t>(others), out.others.end()})[0],
              " (hint: each folder in ", folder.string(), " is a class; remove this one, or name another folder)");
        for (std::size_t i = before; i < out.files.size(); ++i)
            out.has_deeper_folders = out.has_deeper_folders || out.files[i].path.parent_path() != path;
        for (std::size_t i = before; i < out.files.size() && group_levels > 0; ++i)
            out.groups.push_back(
                groups
                    .emplace(group_of(out.files[i].path, path, group_levels), static_cast<std::int64_t>(groups.size()))
                    .first->second);
    }
    check(names.size() >= 2, folder.string(), "expected one subfolder for each of two or more classes, got ",
          names.size(), hint_on_one_class(folder));
    return out;
}

std::string note_on_deeper_folders(const ImageListing& listing, const ImageOptions& options, const std::string& where) {
    if (options.group_levels != 0 || !listing.has_deeper_folders) return "";
    return where +
           ": a split may divide the images of a folder below a class (--group folder keeps them together, --group "
           "none is for folders that mean nothing)";
}

bool has_class_folder(const fs::path& folder, const std::vector<std::string>& classes) {
    const auto below = subfolders(folder);
    return std::any_of(below.begin(), below.end(), [&](const fs::path& path) {
        return std::find(classes.begin(), classes.end(), class_of(path)) != classes.end();
    });
}

SkippedFile unlabelled_set(const fs::path& folder) {
    std::vector<SkippedFile> others;
    const std::size_t images = image_files_below(folder, others).size();
    return {folder.string(),
            "has " + std::to_string(images) +
                " images but no class folder, so it is not used (hint: cyclone predict names classes)"};
}

void check_classes(const ImageListing& listing, const std::vector<std::int64_t>& read,
                   const std::vector<SkippedFile>& skipped) {
    std::vector<bool> has_image(listing.class_names.size());
    const auto label_of = [&](std::int64_t i) {
        return static_cast<std::size_t>(listing.files[static_cast<std::size_t>(i)].label);
    };
    for (const std::int64_t i : read) has_image[label_of(i)] = true;
    for (const LabelledFile& file : listing.files) {
        const auto label = static_cast<std::size_t>(file.label);
        if (has_image[label]) continue;
        const auto at =
            std::find_if(skipped.begin(), skipped.end(), [&](const SkippedFile& bad) { return bad.path == file.path; });
        fail(file.path.string(), "no image of the class '", listing.class_names[label],
             "' can be read: ", at == skipped.end() ? "" : at->reason);
    }
}

ImageOptions folder_options(ReadContext& context) {
    ImageOptions out = context.images();
    const std::string& group = context.group();
    const std::string& split = context.split();
    std::string_view levels = group;
    if (group.starts_with("folder:")) levels.remove_prefix(std::string_view("folder:").size());
    const bool counted = levels.size() == 1 && levels[0] >= '1' && levels[0] <= '9' && levels != group;
    check<UsageError>(group.empty() || group == "none" || group == "folder" || counted, "--group",
                      "of a folder of images expected folder, folder:2, ... (the second level below that of the class) "
                      "or none, got '",
                      group, "'");
    out.group_levels = counted ? levels[0] - '0' : group == "folder" ? 1 : group == "none" ? -1 : 0;
    check<UsageError>(
        split.empty() || split == "none" || split == "folder", "--split",
        "of a folder of images expected folder (its subfolders are sets) or none (they are classes), got '", split,
        "'");
    if (!split.empty()) out.set_folders = split == "folder";
    return out;
}

SetFolders set_folders(const fs::path& given, std::optional<bool> are_sets) {
    constexpr const char* kAsk = "(hint: --split folder takes its subfolders as sets, --split none as classes)";
    const fs::path folder = without_doubling(given);
    const std::string where = folder.string();
    SetFolders out{.train = folder};
    if (are_sets == false) return out;
    std::vector<fs::path> train, validation, test, rest;
    for (const fs::path& path : subfolders(folder)) {
        const auto part = part_called(path.filename().string());
        (part == Part::train        ? train
         : part == Part::validation ? validation
         : part == Part::test       ? test
                                    : rest)
            .push_back(path);
    }
    const auto holds_classes = [](const std::vector<fs::path>& paths) {
        return std::any_of(paths.begin(), paths.end(), [](const fs::path& path) { return has_subfolder(path); });
    };
    const auto numbers_a_fold = [](const fs::path& path) {
        const auto words = words_of(path.filename().string());
        return words.size() == 2 && (words[0] == "fold" || words[0] == "split" || words[0] == "subset") &&
               words[1].find_first_not_of("0123456789") == std::string::npos && has_subfolder(path);
    };
    check<UsageError>(
        are_sets || rest.size() < 2 || !std::all_of(rest.begin(), rest.end(), numbers_a_fold), "--split", where,
        " has ", rest.size(), " folders of folders, ", rest.empty() ? "" : rest[0].filename().string(),
        ", ..., which look like the folds of one set (hint: a table that names the files and has a column "
        "for the fold is split by --split fold=1; one folder alone can be DATA and another one --test; "
        "--split none takes them as classes)");
    const bool several = !validation.empty() + !test.empty() + !train.empty() >= 2;
    if (train.empty()) {
        check<UsageError>(are_sets != true && !(several && holds_classes(validation) && holds_classes(test)), where,
                          "expected a folder for training beside those for validation and test (hint: DATA is the one "
                          "to train on, --validation and --test name the others; --split none: these are classes)");
        return out;
    }
    const bool classes_below = holds_classes(train);
    if (are_sets != true) {
        if (!several && !rest.empty() && (!classes_below || holds_classes(rest))) return out;  // class "train"
        check<UsageError>(classes_below && (several || rest.empty()), where, "are ", train[0].filename().string(),
                          " and the folders beside it sets or classes? ", kAsk);
    }
    for (const auto* one : {&train, &validation, &test})
        check<UsageError>(
            one->size() <= 1, where, "has two folders for one set, ",
            one->size() > 1 ? (*one)[0].filename().string() + " and " + (*one)[1].filename().string() : "",
            " (hint: DATA is the one to train on, --validation and --test name the others)");
    out.train = without_doubling(train[0]);
    if (!validation.empty()) out.validation = without_doubling(validation[0]);
    if (!test.empty()) out.test = without_doubling(test[0]);
    for (const fs::path& path : rest)
        out.others.push_back({path.string(), "neither training, validation nor test images by its name"});
    name_loose_files(folder, out.others);
    return out;
}

std::vector<fs::path> image_files_below(const fs::path& path, std::vector<SkippedFile>& others) {
    std::vector<fs::path> out;
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        if (is_image(path)) out.push_back(path);
        return out;
    }
    std::vector<LabelledFile> files;
    collect(path, 0, files, others);
    for (LabelledFile& file : files) out.push_back(std::move(file.path));
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace cyclone::data

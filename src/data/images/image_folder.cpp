// A folder of images with one subfolder per class.

#include <cyclone/data/images/image_folder.h>

#include <algorithm>
#include <utility>

#include "data/images/image_listing.h"
#include "data/images/image_set.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

class FolderReader {
public:
    FolderReader(const fs::path& folder, const ImageOptions& options, MemoryBudget& memory)
        : folders_(set_folders(folder, options.set_folders)), options_(options), memory_(memory) {}

    Splits read() {
        out_.format = "folder of images";
        out_.skipped = folders_.others;
        out_.train = read_set(folders_.train, options_.classes);
        // The other sets take the form of the training set.
        options_.height = out_.train.images.size(1);
        options_.width = out_.train.images.size(2);
        options_.channels = out_.train.images.size(3);
        options_.bits = out_.train.images.dtype() == DType::u16 ? 16 : 8;
        if (folders_.validation) out_.validation = read_other_set(*folders_.validation);
        if (folders_.test) out_.test = read_other_set(*folders_.test);
        if (options_.classes.empty()) out_.validate(folders_.train.parent_path().string());
        if (out_.validation || out_.test) out_.standardize();
        return std::move(out_);
    }

private:
    // `classes` fixes the classes where it is not empty.
    Dataset read_set(const fs::path& folder, const std::vector<std::string>& classes) {
        ImageListing listing = list_images(folder, classes, options_.group_levels);
        ImageSet set = read_image_set(listing.files, options_, memory_);
        check_skipped(set.skipped, listing.files.size(), options_.most_bad, folder.string());
        check(set.images.defined(), folder.string(), "has no image that can be read");
        if (classes.empty()) check_classes(listing, set.read, set.skipped);
        if (folder == folders_.train && !listing.groups.empty())
            for (const std::int64_t i : set.read) out_.groups.push_back(listing.groups[static_cast<std::size_t>(i)]);
        if (options_.classes.empty() && folder == folders_.train)
            if (std::string note = note_on_deeper_folders(listing, options_, folder.string()); !note.empty())
                out_.notes.push_back(std::move(note));
        for (std::string& note : notes_on(set, options_, folder.string())) out_.notes.push_back(std::move(note));
        Dataset out{set.images, std::move(set.labels), std::move(listing.class_names), folder.string()};
        const std::size_t left_out = listing.others.size() + set.skipped.size();
        if (left_out > 0) out.source += ", " + std::to_string(left_out) + " files left out";
        for (auto* files : {&listing.others, &set.skipped})
            out_.skipped.insert(out_.skipped.end(), files->begin(), files->end());
        return out;
    }

    std::optional<Dataset> read_other_set(const fs::path& folder) {
        if (has_class_folder(folder, out_.train.class_names)) return read_set(folder, out_.train.class_names);
        out_.skipped.push_back(unlabelled_set(folder));
        return std::nullopt;
    }

    SetFolders folders_;
    ImageOptions options_;
    MemoryBudget& memory_;
    Splits out_;
};

}  // namespace

Splits read_image_folder(const fs::path& folder, const ImageOptions& options, MemoryBudget memory) {
    check_options(options);
    std::error_code error;
    check(fs::is_directory(folder, error), folder.string(), "expected a folder with one subfolder per class, got ",
          fs::exists(folder, error) ? "a file" : "nothing of that name");
    return FolderReader(folder, options, memory).read();
}

Tensor read_image(const fs::path& file) { return read_one_image(file); }

std::vector<fs::path> find_image_files(const fs::path& path, std::vector<SkippedFile>* others) {
    std::vector<SkippedFile> ignored;
    return image_files_below(path, others ? *others : ignored);
}

ImageFiles read_image_files(const std::vector<fs::path>& files, const ImageOptions& options, MemoryBudget memory) {
    check_options(options);
    std::vector<LabelledFile> labelled;
    labelled.reserve(files.size());
    for (const fs::path& file : files) labelled.push_back({file, 0});
    ImageSet set = read_image_set(labelled, options, memory);
    return {std::move(set.images), std::move(set.read), std::move(set.skipped)};
}

}  // namespace cyclone::data

#include <cyclone/data/convert.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "data/images/image_listing.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

/// A folder of images to a flat file, a block of files at a time.
class FolderConversion {
public:
    FolderConversion(const fs::path& folder, FlatFileWriter& writer, const ConvertOptions& options)
        : writer_(writer), options_(options), images_(options.open.images) {
        images_.memory_limit = options.open.memory_limit;
        check_options(images_);
        const PartFolders folders = part_folders(folder);
        list(FlatPart::train, folders.train);
        if (folders.validation) list(FlatPart::validation, *folders.validation);
        if (folders.test) list(FlatPart::test, *folders.test);
        // The other parts take the form of the training set.
        images_ = complete_options(parts_[0].files, images_, folders.train.string());
        for (const Part& part : parts_) write(part);
    }

    std::vector<SkippedFile> skipped;

private:
    struct Part {
        FlatPart part;
        std::string where;
        std::vector<LabelledFile> files;
    };

    void list(FlatPart part, const fs::path& folder) {
        ImageListing listing = list_images(folder, class_names_);
        class_names_ = std::move(listing.class_names);
        all_ += static_cast<std::int64_t>(listing.files.size());
        add_skipped(skipped, std::move(listing.others));
        parts_.push_back({part, folder.string(), std::move(listing.files)});
    }

    void write(const Part& part) {
        const std::span<const LabelledFile> files = part.files;
        std::vector<SkippedFile> bad;
        for (std::size_t begin = 0; begin < files.size(); begin += kBlockOfFiles) {
            const auto block = files.subspan(begin, std::min(kBlockOfFiles, files.size() - begin));
            MemoryBudget memory(images_.memory_limit);  // a block is in memory at a time
            ImageSet set = read_image_set(block, images_, memory);
            add_skipped(bad, std::move(set.skipped));
            // Nothing can make up for more bad files than that.
            const double most = images_.most_bad * static_cast<double>(files.size());
            if (static_cast<double>(bad.size()) > most) check_share(bad, files.size(), images_.most_bad, part.where);
            if (set.images.defined())
                writer_.add(part.part,
                            {std::move(set.images), std::move(set.labels), class_names_, part.where, std::nullopt});
            done_ += static_cast<std::int64_t>(block.size());
            if (options_.progress) options_.progress(done_, all_);
        }
        add_skipped(skipped, std::move(bad));
    }

    static void add_skipped(std::vector<SkippedFile>& to, std::vector<SkippedFile> more) {
        to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }

    FlatFileWriter& writer_;
    const ConvertOptions& options_;
    ImageOptions images_;
    std::vector<Part> parts_;
    std::vector<std::string> class_names_;
    std::int64_t done_ = 0, all_ = 0;
};

}  // namespace

Converted convert(const fs::path& input, const fs::path& output, const ConvertOptions& options) {
    Converted out;
    if (opens_as_image_folder(input)) {
        FlatFileWriter writer(output);
        FolderConversion conversion(input, writer, options);
        writer.commit();
        out.format = "folder of images";
        out.skipped = std::move(conversion.skipped);
    } else {
        Parts parts = open(input, options.open);
        check<UsageError>(options.open.images.fit == ImageFit::exact || parts.format == "CSV with image files",
                          input.string(), "is ", parts.format, ", resize, crop and pad are for image files");
        write_flat_file(output, parts);
        out.format = std::move(parts.format);
        out.skipped = std::move(parts.skipped);
    }
    out.info = flat_file_info(output);
    return out;
}

}  // namespace cyclone::data

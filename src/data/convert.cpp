// Any data to a flat file.

#include <cyclone/data/convert.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "data/images/image_listing.h"
#include "data/recognise.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

/// A folder of images to a flat file, a block of files at a time.
class FolderConversion {
public:
    FolderConversion(const fs::path& folder, FlatFileWriter& writer, const ConvertOptions& options,
                     const ImageOptions& images)
        : writer_(writer), options_(options), images_(images), class_names_(images.classes) {
        check_options(images_);
        SetFolders folders = set_folders(folder, images_.set_folders);
        add_skipped(skipped, std::move(folders.others));
        list(FlatPart::train, folders.train);
        for (const auto& [part, path] :
             {std::pair(FlatPart::validation, folders.validation), {FlatPart::test, folders.test}}) {
            if (path && has_class_folder(*path, class_names_))
                list(part, *path);
            else if (path)
                skipped.push_back(unlabelled_set(*path));
        }
        // The other sets take the form of the training set.
        images_ = complete_options(sets_[0].listing.files, images_, options_.open.memory_limit, folders.train.string());
        for (const ImageFileSet& set : sets_) write(set);
    }

    std::vector<SkippedFile> skipped;
    std::vector<std::int64_t> groups;
    std::vector<std::string> notes;

private:
    struct ImageFileSet {
        FlatPart part;
        std::string where;
        ImageListing listing;
    };

    void list(FlatPart part, const fs::path& folder) {
        ImageListing listing = list_images(folder, class_names_, images_.group_levels);
        class_names_ = listing.class_names;
        if (part == FlatPart::train)
            if (std::string note = note_on_deeper_folders(listing, images_, folder.string()); !note.empty())
                notes.push_back(std::move(note));
        all_ += static_cast<std::int64_t>(listing.files.size());
        add_skipped(skipped, std::move(listing.others));
        sets_.push_back({part, folder.string(), std::move(listing)});
    }

    void write(const ImageFileSet& image_set) {
        const std::span<const LabelledFile> files = image_set.listing.files;
        std::vector<SkippedFile> bad;
        std::vector<std::int64_t> read;
        ImageSet all;  // numbers only
        for (std::size_t begin = 0; begin < files.size(); begin += kBlockOfFiles) {
            const auto block = files.subspan(begin, std::min(kBlockOfFiles, files.size() - begin));
            MemoryBudget memory(options_.open.memory_limit);  // a block is in memory at a time
            ImageSet set = read_image_set(block, images_, memory);
            for (const std::int64_t i : set.read) read.push_back(static_cast<std::int64_t>(begin) + i);
            all.turned += set.turned;
            all.grey += set.grey;
            add_skipped(bad, std::move(set.skipped));
            check_skipped(bad, files.size(), images_.most_bad,
                          image_set.where);  // at once when too many are bad already
            if (set.images.defined())
                writer_.add(image_set.part,
                            {set.images, std::move(set.labels), class_names_, image_set.where, std::nullopt});
            done_ += static_cast<std::int64_t>(block.size());
            if (options_.progress) options_.progress(done_, all_);
        }
        all.read = read;
        for (std::string& note :
             notes_on(all, image_set.part == FlatPart::train ? options_.open.images : images_, image_set.where))
            notes.push_back(std::move(note));
        if (image_set.part == FlatPart::train) {
            check_classes(image_set.listing, read, bad);
            for (const std::int64_t i : read)
                if (!image_set.listing.groups.empty())
                    groups.push_back(image_set.listing.groups[static_cast<std::size_t>(i)]);
        }
        add_skipped(skipped, std::move(bad));
    }

    static void add_skipped(std::vector<SkippedFile>& to, std::vector<SkippedFile> more) {
        to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }

    FlatFileWriter& writer_;
    const ConvertOptions& options_;
    ImageOptions images_;
    std::vector<ImageFileSet> sets_;
    std::vector<std::string> class_names_;
    std::int64_t done_ = 0, all_ = 0;
};

}  // namespace

Converted convert(const fs::path& input, const fs::path& output, const ConvertOptions& options) {
    Converted out;
    if (opens_as_image_folder(input)) {
        Splits read{.format = "folder of images"};
        ReadContext context(options.open);
        const ImageOptions images = folder_options(context);
        context.finish(read, input.string());
        FlatFileWriter writer(output);
        FolderConversion conversion(input, writer, options, images);
        writer.commit(conversion.groups);
        out.format = read.format;
        out.skipped = std::move(conversion.skipped);
        out.notes = std::move(read.notes);
        out.notes.insert(out.notes.end(), conversion.notes.begin(), conversion.notes.end());
    } else {
        Splits splits = open(input, options.open);
        write_flat_file(output, splits);
        out.format = std::move(splits.format);
        out.skipped = std::move(splits.skipped);
        out.notes = std::move(splits.notes);
    }
    out.info = flat_file_info(output);
    return out;
}

}  // namespace cyclone::data

// cyclone convert: any data that the readers know becomes one flat file that loads by memory map.

#include <cyclone/base/error.h>
#include <cyclone/data/convert.h>
#include <cyclone/data/formats/flat_file.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/progress.h>

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/process.h"
#include "cli/shared.h"

namespace cyclone::cli {
namespace {

namespace fs = std::filesystem;

struct ConvertSettings {
    std::string input, output;
    std::string info, verify;
    DataOptions data;
    data::ConvertOptions convert;
    data::SyntheticPatchesOptions synthetic;
    bool overwrite = false, quiet = false;
};

void print_info(const fs::path& file, const data::FlatFileInfo& info) {
    std::string classes;
    for (std::size_t c = 0; c < std::min<std::size_t>(info.class_names.size(), 20); ++c)
        classes += (c ? ", " : "") + info.class_names[c];
    if (info.class_names.size() > 20) classes += ", ...";
    fmt::print("file             {}\n", file.string());
    fmt::print("bytes            {}\n", info.bytes);
    fmt::print("version          {}\n", info.version);
    fmt::print("images           {} of {} x {} x {}, {}\n", info.shape[0], info.shape[1], info.shape[2], info.shape[3],
               name_of(info.dtype));
    fmt::print("parts            {} train, {} validation, {} test\n", info.train, info.validation, info.test);
    fmt::print("classes          {}: {}\n", info.class_names.size(), classes);
    fmt::print("groups           {}\n", info.has_groups ? "yes" : "no");
    fmt::print("standardisation  {}\n", info.has_standardization ? "stored" : "none: fitted on the training images");
    fmt::print("pixel checksum   {:016x}\n", info.pixel_checksum);
}

/// The synthetic patches a piece at a time; the result is that of one piece.
data::FlatFileInfo write_synthetic(const ConvertSettings& s,
                                   const std::function<void(std::int64_t, std::int64_t)>& progress) {
    constexpr std::int64_t kPiece = 16'384;
    const std::int64_t all = s.synthetic.positives + s.synthetic.negatives;
    data::FlatFileWriter writer(s.output);
    std::int64_t done = 0;
    for (const bool positive : {true, false})
        for (std::int64_t first = 0; first < (positive ? s.synthetic.positives : s.synthetic.negatives);
             first += kPiece) {
            data::SyntheticPatchesOptions piece = s.synthetic;
            piece.first = first;
            piece.positives = positive ? std::min(kPiece, s.synthetic.positives - first) : 0;
            piece.negatives = positive ? 0 : std::min(kPiece, s.synthetic.negatives - first);
            writer.add(data::FlatPart::train, data::synthetic_patches(piece));
            progress(done += piece.positives + piece.negatives, all);
        }
    writer.commit();
    return data::flat_file_info(s.output);
}

int convert(const ConvertSettings& s, const Options& given) {
    use_threads(0);
    check<UsageError>(!s.input.empty() && !s.output.empty(), "DATA",
                      "expected DATA and OUTPUT, or --info or --verify with a file (see --help)");
    std::error_code ignored;
    check<UsageError>(s.overwrite || !fs::exists(s.output, ignored), s.output,
                      "exists already (hint: another name, or --overwrite to replace it)");
    std::optional<train::Progress> shown;
    catch_interrupts();
    const auto progress = [&](std::int64_t done, std::int64_t all) {
        check(!interrupted, s.output, "not written: stopped by a signal");
        if (!shown) shown.emplace("convert", all, s.quiet ? train::ProgressMode::off : train::ProgressMode::automatic);
        shown->add(done - shown->done());
    };
    data::Converted result;
    if (s.input == "synthetic") {
        refuse_reading(s.convert.open, s.input, "drawn patches");
        result = {"synthetic patches", write_synthetic(s, progress), {}, {}};
    } else {
        for (const char* name : {"--positives", "--negatives", "--side", "--data-seed"})
            check<UsageError>(!given.given(name), name, "is for synthetic patches, DATA is ", s.input);
        data::ConvertOptions options = s.convert;
        options.progress = progress;
        result = data::convert(s.input, s.output, options);
    }
    shown.reset();
    if (!s.quiet) {
        fmt::print("read             {} ({})\n", s.input, result.format);
        print_info(s.output, result.info);
    }
    print_notes("convert", result.notes);
    print_left_out("convert", result.skipped);
    return 0;
}

int run_convert(ConvertSettings s, const Options& given) {
    if (!s.verify.empty()) {
        data::verify_flat_file(s.verify);
        fmt::print("{}: whole, every checksum is right\n", s.verify);
    }
    if (!s.info.empty()) print_info(s.info, data::flat_file_info(s.info));
    if (!s.verify.empty() || !s.info.empty()) {
        check<UsageError>(s.input.empty(), "DATA", "--info and --verify take no DATA");
        return 0;
    }
    s.convert.open = s.data.read();
    return convert(s, given);
}

}  // namespace

Body setup_convert(Options& options) {
    const auto s = std::make_shared<ConvertSettings>();
    options
        .option(
            "DATA", s->input,
            "data in one of the formats that `cyclone help formats` lists, such as a folder of images, or 'synthetic'")
        .usual();
    options.option("OUTPUT", s->output, "the flat file to write, usually NAME.cyc").usual();
    options.group("Flat files");
    options.option("--info FILE", s->info, "print what a flat file holds").usual();
    options.option("--verify FILE", s->verify, "read a flat file once and check every checksum").usual();
    s->data.add_image_files(options);
    s->data.add_meaning(options);
    options.former("--hdf5-images", "--images");
    options.former("--hdf5-labels", "--label");
    options.group("Synthetic patches");
    options.option("--positives", s->synthetic.positives, "positive patches");
    options.option("--negatives", s->synthetic.negatives, "negative patches");
    options.option("--side", s->synthetic.size, "height and width in pixels");
    options.option("--data-seed", s->synthetic.seed, "of the patches");
    options.group("Output");
    s->data.add_memory_limit(options);
    options.option("--overwrite", s->overwrite, "replace OUTPUT").incidental().usual();
    options.option("--quiet", s->quiet, "print nothing but errors and files that were left out").incidental();
    options.former("--crop", "--resize HxW --fit crop");
    options.former("--pad", "--resize HxW --fit pad");
    options.former("--size", "--side");
    options.example("photos photos.cyc --resize 32x32 --channels 3");
    options.example("patients.csv patches.cyc --label diagnosis --resize 16");
    options.example("synthetic patches.cyc --positives 200000 --negatives 7800000");
    options.example("--verify patches.cyc");
    options.note("Exit codes: 0 done, 1 failed (OUTPUT is as it was before), 2 wrong use.");
    return [s, &options] { return run_convert(*s, options); };
}

}  // namespace cyclone::cli

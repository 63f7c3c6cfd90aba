// Turns any data the readers know into one flat file that loads by memory map. The work is done by cyclone::data.

#include <cyclone/cyclone.h>

#include "support/command_line.h"
#include "support/memory_limit.h"

#include <array>
#include <charconv>
#include <iostream>
#include <optional>

#include <fmt/format.h>

using namespace cyclone;

namespace {

namespace fs = std::filesystem;

struct Settings {
    std::string input, output;
    std::string info, verify;
    std::string resize, crop, pad, shape;  ///< "HxW", "HxWxC"
    std::string memory_limit;
    data::ConvertOptions convert;
    data::SyntheticPatchesOptions synthetic;
    bool overwrite = false, quiet = false;
};

/// The numbers of "16x24" or "16x24x3"; UsageError unless there are between `least` and `most`.
std::vector<std::int64_t> sizes(const std::string& text, const char* option, std::size_t least, std::size_t most) {
    std::vector<std::int64_t> out;
    const char *at = text.data(), *const end = at + text.size();
    bool good = true;
    while (good) {
        std::int64_t value = 0;
        const auto [next, error] = std::from_chars(at, end, value);
        good = error == std::errc() && value > 0;
        out.push_back(value);
        at = next;
        if (at == end) break;
        good = good && *at++ == 'x';
    }
    check<UsageError>(good && out.size() >= least && out.size() <= most, option, "expected ",
                      most == 2 ? "HEIGHTxWIDTH" : "HEIGHTxWIDTH[xCHANNELS]", ", such as 28x28, got '", text, "'");
    return out;
}

void apply_sizes(Settings& s) {
    data::ImageOptions& images = s.convert.open.images;
    const std::tuple<const std::string*, const char*, data::ImageFit> fits[] = {
        {&s.resize, "--resize", data::ImageFit::resize},
        {&s.crop, "--crop", data::ImageFit::crop},
        {&s.pad, "--pad", data::ImageFit::pad}};
    for (const auto& [text, option, fit] : fits) {
        if (text->empty()) continue;
        const auto size = sizes(*text, option, 2, 2);
        images.fit = fit;
        images.height = size[0];
        images.width = size[1];
    }
    if (s.shape.empty()) return;
    const auto size = sizes(s.shape, "--shape", 2, 3);
    s.convert.open.csv.height = size[0];
    s.convert.open.csv.width = size[1];
    s.convert.open.csv.channels = size.size() == 3 ? size[2] : 1;
}

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
data::FlatFileInfo write_synthetic(const Settings& s, const std::function<void(std::int64_t, std::int64_t)>& progress) {
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

int convert(const Settings& s) {
    check<UsageError>(!s.input.empty() && !s.output.empty(), "convert",
                      "expected INPUT and OUTPUT, or --info or --verify with a file (see --help)");
    std::error_code ignored;
    check<UsageError>(s.overwrite || !fs::exists(s.output, ignored), s.output,
                      "exists already (hint: another name, or --overwrite to replace it)");
    std::optional<train::Progress> shown;
    const auto progress = [&](std::int64_t done, std::int64_t all) {
        if (!shown) shown.emplace("convert", all, s.quiet ? train::ProgressMode::off : train::ProgressMode::automatic);
        shown->add(done - shown->done());
    };
    data::Converted result;
    if (s.input == "synthetic") {
        result = {"synthetic patches", write_synthetic(s, progress), {}};
    } else {
        data::ConvertOptions options = s.convert;
        options.progress = progress;
        result = data::convert(s.input, s.output, options);
    }
    shown.reset();
    if (!s.quiet) {
        fmt::print("read             {} ({})\n", s.input, result.format);
        print_info(s.output, result.info);
    }
    for (const data::SkippedFile& file : result.skipped)
        std::cerr << "convert: left out " << file.path << ": " << file.reason << '\n';
    return 0;
}

int run(Settings s) {
    if (!s.verify.empty()) {
        data::verify_flat_file(s.verify);
        fmt::print("{}: whole, every checksum is right\n", s.verify);
    }
    if (!s.info.empty()) print_info(s.info, data::flat_file_info(s.info));
    if (!s.verify.empty() || !s.info.empty()) {
        check<UsageError>(s.input.empty(), "convert", "--info and --verify take no INPUT");
        return 0;
    }
    apply_sizes(s);
    s.convert.open.memory_limit = support::parse_memory_limit(s.memory_limit);
    return convert(s);
}

void add_options(support::CommandLine& line, Settings& s) {
    data::OpenOptions& open = s.convert.open;
    line.option("input", s.input,
                "a folder of images (one subfolder a class), NPZ, HDF5, CSV or flat file, a folder with MNIST's, "
                "CIFAR's or the study's files, or 'synthetic'");
    line.option("output", s.output, "the flat file to write, usually NAME.cyc");
    line.group("Flat files");
    line.option("--info", s.info, "print what a flat file holds");
    line.option("--verify", s.verify, "read a flat file once and check every checksum");
    line.group("Images in files of their own");
    line.option("--resize", s.resize, "HxW: stretch or shrink every image to this size");
    line.option("--crop", s.crop, "HxW: cut out the middle");
    line.option("--pad", s.pad, "HxW: put in the middle of zeros");
    line.only_one_of({"--resize", "--crop", "--pad"});
    line.option("--channels", open.images.channels, "1 grey, 3 colour (default: 3 if any image has colour)");
    line.option("--bits", open.images.bits, "8 or 16 (default: 16 if any image has 16)");
    line.option("--most-bad", open.images.most_bad,
                "share of the files that may be damaged; these are left out and named (default 0)");
    line.group("Tables and HDF5");
    line.option("--label", open.csv.label, "column of the labels");
    line.option("--group", open.csv.group, "column of the groups (patient, ...)");
    line.option("--shape", s.shape, "HxW or HxWxC: of the images in the rows of a table");
    line.option("--image-root", open.csv.image_root, "folder of the files that a table names");
    line.option("--hdf5-images", open.hdf5.images, "dataset of the images");
    line.option("--hdf5-labels", open.hdf5.labels, "dataset of the labels");
    line.group("Synthetic patches");
    line.show_defaults();
    line.option("--positives", s.synthetic.positives, "positive patches");
    line.option("--negatives", s.synthetic.negatives, "negative patches");
    line.option("--size", s.synthetic.size, "side in pixels");
    line.option("--data-seed", s.synthetic.seed, "of the patches");
    line.show_defaults(false);
    line.group("How to run");
    support::memory_limit_option(line, s.memory_limit);
    line.group("Output");
    line.flag("--overwrite", s.overwrite, "replace OUTPUT");
    line.flag("--quiet", s.quiet, "print nothing but errors and files that were left out");
    line.footer(
        "Examples:\n"
        "  convert photos photos.cyc --resize 32x32 --channels 3\n"
        "  convert breastmnist.npz breast.cyc\n"
        "  convert patients.csv patches.cyc --label diagnosis --group patient --image-root scans --crop 16x16\n"
        "  convert synthetic patches.cyc --positives 200000 --negatives 7800000\n"
        "  convert --info patches.cyc\n"
        "  convert --verify patches.cyc\n"
        "Exit codes: 0 done, 1 failed (OUTPUT is as it was before), 2 wrong options.");
}

}  // namespace

int main(int argc, char** argv) {
    support::CommandLine line(
        "convert", "Writes data of any known format into one checked file that training reads by memory map.");
    Settings settings;
    add_options(line, settings);
    return line.run(argc, argv, [&] { return run(settings); });
}

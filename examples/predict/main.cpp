// Applies weights that the program train wrote to images: a CSV of probabilities. What the network expects stands in
// the weights' metadata.

#include <cyclone/cyclone.h>

#include "images.h"
#include "support/command_line.h"
#include "support/memory_limit.h"

#include <cstdio>
#include <iostream>
#include <optional>
#include <utility>

#include <fmt/format.h>

using namespace cyclone;

namespace {

struct Settings {
    std::string weights, data, out, part, fit, memory_limit;
    std::int64_t batch = 512;
    std::optional<double> threshold;
};

/// As RFC 4180 has it.
std::string cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

/// The table, into a file that appears whole or on standard output.
class Table {
public:
    explicit Table(const std::string& path) {
        if (!path.empty()) file_.emplace(path);
    }
    void write(const std::string& text) {
        if (file_)
            file_->write(text);
        else
            std::cout << text;
    }
    void finish() {
        if (file_) file_->commit();
    }

private:
    std::optional<io::AtomicFile> file_;
};

std::string rows(const train::Classifier& c, double threshold, const ImageChunk& chunk, const Tensor& probabilities) {
    const auto classes = c.class_names.size();
    const auto p = probabilities.values<float>();
    std::string text;
    for (std::size_t i = 0; i < chunk.names.size(); ++i) {
        const auto row = p.subspan(i * classes, classes);
        text += cell(chunk.names[i]);
        for (const float value : row) text += fmt::format(",{:.6g}", value);
        auto best = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
        if (classes == 2) best = static_cast<double>(row[1]) > threshold ? 1 : 0;
        text += "," + cell(c.class_names[best]) + "\n";
    }
    return text;
}

int predict(const Settings& s) {
    check<UsageError>(s.batch >= 1, "--batch", "expected at least 1, got ", s.batch);
    check<UsageError>(!s.threshold || std::isfinite(*s.threshold), "--threshold", "expected a number");
    train::Classifier c = train::load_classifier(s.weights);
    check<UsageError>(!s.threshold || c.class_names.size() == 2, "--threshold",
                      "is for two classes, these weights have ", c.class_names.size());
    const double threshold = s.threshold.value_or(c.threshold);
    if (!s.fit.empty()) c.fit = data::parse_image_fit(s.fit);
    const auto source = open_images(s.data, s.part, c, support::parse_memory_limit(s.memory_limit));
    Table table(s.out);
    std::string header = source->name_column();
    for (const std::string& name : c.class_names) header += "," + cell("p_" + name);
    header += ",predicted\n";  // written with the first rows: an error before them leaves nothing on standard output
    std::int64_t done = 0;
    while (auto chunk = source->next(s.batch)) {
        if (chunk->names.empty()) continue;
        const data::Dataset set{chunk->images, Tensor::zeros({chunk->images.size(0)}, DType::i64), c.class_names,
                                s.data, c.standardization};
        table.write(std::exchange(header, "") +
                    rows(c, threshold, *chunk, train::predict(c.network, set, {.batch_size = s.batch})));
        done += chunk->images.size(0);
    }
    table.write(header);
    table.finish();
    std::cout << std::flush;
    for (const data::SkippedFile& file : source->skipped())
        std::cerr << "predict: " << file.path << ": " << file.reason << '\n';
    if (source->skipped().empty()) return 0;
    std::cerr << "predict: " << source->skipped().size() << " file(s) could not be used, " << done
              << " image(s) predicted\n";
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    support::CommandLine line("predict", "Applies weights that the program train wrote to images.");
    Settings s;
    line.option("WEIGHTS", s.weights, "best.safetensors of a training");
    line.required("WEIGHTS");
    line.option("DATA", s.data,
                "image files: a folder, with or without subfolders, or one file; or NPY, NPZ, CSV, HDF5, MNIST's or "
                "CIFAR's folder");
    line.required("DATA");
    line.option("--out", s.out, "CSV file (default: standard output)");
    line.option("--part", s.part, "of data that come in parts: train, validation or test (default: test)");
    line.show_defaults();
    line.option("--batch", s.batch, "images at a time");
    line.show_defaults(false);
    line.option("--threshold", s.threshold, "of two classes (default: the one tuned in the training)");
    line.option("--fit", s.fit,
                "what is done with image files of another size: exact (left out and named), resize, crop or pad "
                "(default: as in the training)");
    support::memory_limit_option(line, s.memory_limit);
    line.footer(
        "Examples:\n"
        "  predict run/best.safetensors photos --out predictions.csv\n"
        "  predict run/best.safetensors one.png\n"
        "Exit codes: 0 all images predicted, 1 failed or some files could not be used (named), 2 wrong options.");
    return line.run(argc, argv, [&] { return predict(s); });
}

// cyclone predict: the weights that `cyclone train` wrote, applied to images: a table of probabilities. What the
// network expects stands in the weights' metadata.

#include <cyclone/base/error.h>
#include <cyclone/base/utf8.h>
#include <cyclone/data/dataset.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/train/classifier.h>

#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/image_source.h"
#include "cli/process.h"
#include "cli/shared.h"

namespace cyclone::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PredictSettings {
    InputSettings input;
    std::string out;
    std::int64_t batch_size = 512;
    bool json = false;

    bool to_file() const { return !out.empty() && out != "-"; }
};

/// As RFC 4180 has it, in UTF-8.
std::string cell(const std::string& raw) {
    std::string text = valid_utf8(raw);
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

/// One image's answer.
struct Answer {
    std::string name;  ///< the file, or the number in the data
    std::vector<double> probabilities;
    std::size_t predicted = 0;
};

std::vector<Answer> answers_of(const ImageChunk& chunk, train::Classifier& classifier, std::int64_t batch_size) {
    const Tensor probabilities = classifier.probabilities(chunk.images, batch_size);
    const auto p = probabilities.values<float>();
    const std::size_t classes = classifier.class_names.size();
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < chunk.names.size(); ++i) {
        const auto row = p.subspan(i * classes, classes);
        answers.push_back(
            {chunk.names[i], {row.begin(), row.end()}, static_cast<std::size_t>(classifier.answer(row).index)});
    }
    return answers;
}

/// The answers as CSV, into a file that appears whole or on standard output.
class Table {
public:
    Table(const std::string& path, const std::string& name_column, const std::vector<std::string>& classes)
        : classes_(classes) {
        if (!path.empty()) file_.emplace(path);
        header_ = name_column;
        for (const std::string& name : classes) header_ += "," + cell("p_" + name);
        header_ += ",predicted\n";
    }
    void add(const std::vector<Answer>& answers) {
        // The header comes with the first rows: an error before them leaves nothing on standard output.
        std::string text = std::exchange(header_, "");
        for (const Answer& answer : answers) {
            text += cell(answer.name);
            for (const double value : answer.probabilities) text += fmt::format(",{:.6g}", shown(value));
            text += "," + cell(classes_[answer.predicted]) + "\n";
        }
        if (file_)
            file_->write(text);
        else
            std::cout << text;
    }
    void finish() {
        add({});
        if (file_) file_->commit();
    }

private:
    const std::vector<std::string>& classes_;
    std::string header_;
    std::optional<io::AtomicFile> file_;
};

Json as_json(const std::string& name_column, const std::vector<std::string>& classes,
             const std::vector<Answer>& answers) {
    Json json{{"classes", classes}, {"predictions", Json::array()}};
    for (const Answer& answer : answers)
        json["predictions"].push_back({{name_column, valid_utf8(answer.name)},
                                       {"predicted", classes[answer.predicted]},
                                       {"probabilities", answer.probabilities}});
    return json;
}

// Named on standard error: images that could not be used, and, once per kind, files that are none.
int report_left_out(const ImageSource& source, std::int64_t done) {
    std::vector<data::SkippedFile> skipped = source.skipped;
    for (data::SkippedFile& file : skipped) file.by_kind = done == 0;  // one fault of all of them, most likely
    for (const std::string& line : data::summary(skipped)) std::cerr << "cyclone predict: " << line << '\n';
    for (const std::string& line : data::summary(source.others)) std::cerr << "cyclone predict: " << line << '\n';
    if (source.skipped.empty()) return 0;
    std::cerr << "cyclone predict: " << source.skipped.size() << " file(s) could not be used, " << done
              << " image(s) predicted\n";
    return 1;
}

int predict(const PredictSettings& s) {
    use_threads(0);
    check<UsageError>(s.batch_size >= 1, "--batch-size", "expected at least 1, got ", s.batch_size);
    train::Classifier c = load_weights(s.input);
    const auto source = open_images(s.input, c);
    std::optional<Table> table;
    if (!s.json || s.to_file()) table.emplace(s.to_file() ? s.out : "", source->name_column(), c.class_names);
    std::vector<Answer> all;
    std::int64_t done = 0;
    while (auto chunk = source->next(s.batch_size)) {
        if (chunk->names.empty()) continue;
        const auto answers = answers_of(*chunk, c, s.batch_size);
        if (table) table->add(answers);
        if (s.json) all.insert(all.end(), answers.begin(), answers.end());
        done += chunk->images.size(0);
    }
    if (table) table->finish();
    if (s.json)
        std::cout
            << as_json(source->name_column(), c.class_names, all).dump(2, ' ', false, Json::error_handler_t::replace)
            << '\n';
    std::cout << std::flush;
    return report_left_out(*source, done);
}

}  // namespace

Body setup_predict(Options& options) {
    const auto s = std::make_shared<PredictSettings>();
    add_input_options(options, s->input,
                      "image files and folders of them, tables or lists of their names, NPY, or data in one of the "
                      "formats that `cyclone help formats` lists, with labels or without; - is standard input");
    options.option("--out FILE", s->out, "write the table as CSV (default, and -: standard output)").usual();
    options.option("--json", s->json, "print JSON instead of CSV").usual();
    options.option("--batch-size", s->batch_size, "images at a time");
    options.example("photos --weights run/best.safetensors --out predictions.csv");
    options.example("a.png b.png --weights run/best.safetensors");
    options.example("- --weights run/best.safetensors < one.png");
    options.note("Exit codes: 0 all images predicted, 1 failed or some files could not be used (named), 2 wrong use.");
    return [s] { return predict(*s); };
}

}  // namespace cyclone::cli

#pragma once
// What the training is asked to do.

#include <cyclone/data/images/image_folder.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/command_line.h"

struct Settings {
    std::string data, validation, test;  ///< paths; validation and test also a share, empty: the data's own or 0.15
    std::uint64_t split_seed = 1;
    cyclone::data::ImageOptions images;
    std::uint64_t memory_limit = 0;  // as in cyclone::data::OpenOptions
    std::string model = "study";
    std::string schedule = "one-cycle", step_size = "2epochs";
    double base_lr = -1, max_lr = 0.03;  ///< base -1 on the command line: a fifteenth of max, as in the study
    bool find_lr = false;
    std::string optimizer = "sgd";
    double momentum = 0, weight_decay = 0;
    std::string balance = "none", augment = "none";
    std::int64_t epochs = 12, batch = 32;
    std::uint64_t seed = 1;
    std::string monitor = "min:val_loss";
    std::int64_t patience = 0;  ///< 0: no early stopping
    std::string threshold = "f1";
    int threads = 0;  ///< 0: as many as processors
    std::string out;
    bool resume = false, overwrite = false, quiet = false;
};

using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// The command line as given.
class Options {
public:
    explicit Options(support::CommandLine& line);

    /// Everything in effect, checked. With --resume what the folder was started with is filled in; UsageError where the
    /// command line says something else.
    Settings settings();
    /// The options that were given and decide the result, by name; after settings().
    TextPairs given() const;

private:
    void fill_in(const TextPairs& stored);

    support::CommandLine& line_;
    Settings s_;
    std::string size_, fit_ = "exact", memory_limit_;
};

/// config.json of a folder; Error when it is missing or damaged.
struct Config {
    TextPairs options;               ///< Options::given()
    double base_lr = 0, max_lr = 0;  ///< in effect, after --find-lr
    std::string command;             ///< the command line
    TextPairs facts;                 ///< for people: data, network, schedule, machine
};
bool has_config(const std::string& folder);
Config read_config(const std::string& folder);
void write_config(const std::string& folder, const Config& config);

#pragma once
// The laboratory: small experiments, each of which tests one claim about learning rates over several seeds, with one
// picture, and answers by one rule: the claim holds, it does not hold, or the seeds cannot tell.

#include <cyclone/base/registry.h>
#include <cyclone/io/json_fields.h>
#include <cyclone/lab/provenance.h>
#include <cyclone/train/progress.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::lab {

/// How an experiment is run.
struct ExperimentOptions {
    std::int64_t seeds = 0;        ///< how many; 0: as many as the experiment is made for
    std::uint64_t first_seed = 1;  ///< the others follow it
    int threads = 1;               ///< runs side by side, one thread each; the result does not depend on it
    bool quick = false;            ///< a few updates on few images, to see that all works: its answer means nothing
    train::ProgressMode progress = train::ProgressMode::off;  ///< whether a progress line is drawn
    const std::atomic<bool>* stop = nullptr;                  ///< true ends the experiment with an Error
};

/// What an experiment says of its claim.
enum class Answer { holds, does_not_hold, cannot_tell };
/// All of them.
inline constexpr std::array kAnswers = {Answer::holds, Answer::does_not_hold, Answer::cannot_tell};
/// "holds", "does not hold", "the seeds cannot tell"
std::string_view name_of(Answer answer);

/// No number: a bound that is not there.
inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// One number of an experiment, measured once per seed, and what the claim says of it. judge() sets the second half.
struct Quantity {
    std::string name;               ///< "test error, one cycle / linear"
    std::vector<double> values;     ///< one per seed; not finite: it could not be measured
    bool ratio = false;             ///< above 0; judged by its logarithm, so that 2 and 1/2 are equally far from 1
    double at_least = kNone;        ///< the claim: it is not below this
    double at_most = kNone;         ///< the claim: it is not above this
    double mean = kNone;            ///< over the seeds; the geometric mean of a ratio
    double low = kNone;             ///< limits of the mean, see judge()
    double high = kNone;            ///< see low
    std::int64_t seeds_needed = 0;  ///< where the seeds cannot tell: seeds that would, if mean and spread stayed the
                                    ///< same; 0: more than 100
    Answer answer = Answer::cannot_tell;  ///< where the claim says something of it

    bool is_claimed() const;  ///< whether the claim says something of it
};

/// What a mark of a picture is.
enum class MarkKind { line, line_with_dots, dots, crosses, band, reference };
/// All of them.
inline constexpr std::array kMarkKinds = {MarkKind::line,    MarkKind::line_with_dots, MarkKind::dots,
                                          MarkKind::crosses, MarkKind::band,           MarkKind::reference};
/// "line", "line with dots", ...
std::string_view name_of(MarkKind kind);

/// Which colours a mark has: of constant rates, of cycles, of decays, or of something else.
enum class Hue { constant, cycle, decay, other };
/// All of them.
inline constexpr std::array kHues = {Hue::constant, Hue::cycle, Hue::decay, Hue::other};
/// "constant", ...
std::string_view name_of(Hue hue);

/// One thing in a picture. A value that is not finite ends a line; the next one begins another.
struct PictureMark {
    MarkKind kind = MarkKind::line;  ///< a band reaches from y to high; a reference lies at x alone or y alone
    std::string name = {};           ///< beside the line or in the legend; empty: none
    Hue hue = Hue::other;            ///< its family of colours
    int tone = 0;                    ///< which one of the family, from 0
    int dashes = 0;                  ///< 0: a solid line; up to 2
    bool thin = false;               ///< one run beside its mean, a contour
    std::vector<double> x = {};      ///< values
    std::vector<double> y = {};      ///< values
    std::vector<double> high = {};   ///< of a band
};

/// An axis of a picture.
struct PictureAxis {
    std::string label = {};    ///< with the unit
    bool logarithmic = false;  ///< or linear
    double low = kNone;        ///< without it that of the data
    double high = kNone;       ///< without it that of the data
};

/// Marks over two axes.
struct PicturePanel {
    PictureAxis x = {};                   ///< below it
    PictureAxis y = {};                   ///< at its left
    std::vector<PictureMark> marks = {};  ///< in the order in which they are drawn
    int height = 240;                     ///< of the panel, in pixels
};

/// A row of an experiment's table.
struct FindingRow {
    std::string name;            ///< what was run
    std::vector<double> values;  ///< one per column
};

/// What an experiment found: a value that every table, picture and page is made from.
struct Finding {
    std::string name;                     ///< of the experiment, "noise-floor"
    std::string title;                    ///< a question
    std::string claim;                    ///< a sentence that can be false
    std::string setting;                  ///< what was run
    std::string look;                     ///< what to look at in the picture
    std::string not_shown;                ///< what does not follow from it
    bool quick = false;                   ///< as in ExperimentOptions
    std::vector<std::uint64_t> seeds;     ///< these
    std::vector<Quantity> quantities;     ///< those of the claim, and others
    std::vector<std::string> header;      ///< of the table: one text per column, the first for the names
    std::vector<FindingRow> rows;         ///< of the table
    std::vector<PicturePanel> panels;     ///< of the picture, from top to bottom
    bool shared_x = false;                ///< the panels have one x axis
    Answer answer = Answer::cannot_tell;  ///< set by judge()
    std::string words;                    ///< the answer in sentences, set by judge()
    double seconds = 0;                   ///< it took
    Provenance provenance = {};           ///< where it was computed
};

/// result.json of a finding, and back.
void fields(io::JsonFields& f, Finding& finding);
/// Of its parts.
void fields(io::JsonFields& f, Quantity& quantity);
/// Of its parts.
void fields(io::JsonFields& f, FindingRow& row);
/// Of its parts.
void fields(io::JsonFields& f, PicturePanel& panel);
/// Of its parts.
void fields(io::JsonFields& f, PictureAxis& axis);
/// Of its parts.
void fields(io::JsonFields& f, PictureMark& mark);

/// The rule behind every answer, in this one place. Each quantity gets the interval of its mean (Student's t over the
/// seeds, of a ratio over logarithms); of m quantities that the claim speaks of each at 1 - 0.05 / m (Bonferroni), so
/// that all hold at once in 95 of 100 repetitions. A quantity holds where the interval lies within what the claim says,
/// does not hold where it lies outside altogether, and else the seeds cannot tell; also with fewer than three seeds or
/// a value that is not finite. The claim holds where all do, does not hold where one does not. Error without a quantity
/// that the claim speaks of, or with another number of values than seeds.
void judge(Finding& finding);

/// An experiment: its claim, and the function that tests it.
struct Experiment {
    std::string title;       ///< a question
    std::string claim;       ///< a sentence that can be false
    std::int64_t seeds = 5;  ///< that it is made for
    /// Fills setting, look, not_shown, quantities, table and picture for Finding::seeds.
    std::function<void(const ExperimentOptions&, Finding&)> run;
};

/// Every experiment by name; a program may add its own.
Registry<Experiment(Arguments&)>& experiments();

/// Runs an experiment and judges it. UsageError for an unknown name, and for options out of range; Error when it is
/// stopped.
Finding run_experiment(std::string_view name, const ExperimentOptions& options = {});

}  // namespace cyclone::lab

// The words that the tour, the pages and the tables use.
#include <cyclone/metrics/metric.h>
#include <cyclone/report/glossary.h>

namespace cyclone::report {
namespace {

GlossaryPart training() {
    return {"Training",
            {{"weights", "The numbers of a network that training changes."},
             {"loss",
              "One number for how wrong a network is on some examples; training makes it small. Here mostly "
              "the log loss, see there."},
             {"gradient", "For each weight, how fast the loss rises when that weight rises."},
             {"learning rate, rate",
              "The factor between gradient and step: new weight = weight - learning rate x "
              "gradient."},
             {"batch",
              "The examples, 32 for instance, whose mean gradient makes one update. The next update has "
              "others, so gradients are noisy."},
             {"update", "One change of all weights. Elsewhere also called step or iteration."},
             {"epoch", "As many updates as it takes to see every training example once."},
             {"SGD", "Stochastic gradient descent: the update above, with the gradients of batches."},
             {"momentum",
              "The fraction m of its past direction that an update keeps. Steps become up to 1 / (1 - m) "
              "times as long; rate / (1 - m) is called the effective rate."},
             {"training, validation, test set",
              "Examples for the updates, for choices (a threshold, the best epoch), and for the final measurement. "
              "Held out means: not in the training set."},
             {"test error", "The fraction of the test set that gets a wrong class."},
             {"positive, negative", "Of two classes, the one to be found and the other. Here positives are rare."},
             {"class fractions only",
              "What an answer reaches that knows how frequent the classes are and nothing "
              "of the image. A loss that is not below it shows no learning."},
             {"diverge, explode", "The loss grows without bound, because the rate is too high."},
             {"curvature",
              "How fast the slope changes with the position. In a bowl of curvature c the slope is c "
              "times the distance from the bottom."},
             {"limit",
              "2 / the largest curvature. Under a constant rate above it every step ends further from the "
              "bottom than it began."},
             {"noise floor",
              "The loss below which a constant rate cannot stay, as gradients are noisy. It falls "
              "with the rate."},
             {"CNN",
              "Convolutional neural network: its first layers apply the same small filters everywhere in the image."},
             {"dropout, batch norm",
              "Parts of many networks: some values are set to 0 at random while training; values are scaled to mean 0 "
              "and variance 1 over the batch."},
             {"generalise", "To be right on examples that training has not seen."}}};
}

GlossaryPart rates() {
    return {"Rates and cycles",
            {{"schedule", "A rule that gives each update its learning rate. cyclone help schedules lists them."},
             {"cyclical learning rate, CLR", "A schedule that rises and falls again and again during one training."},
             {"base and maximum rate", "The lowest and highest rate of a cycle, at its foot and at its top (peak)."},
             {"step size",
              "Half a cycle: the number of updates or epochs from foot to top. Not the length of a "
              "step of the weights."},
             {"triangular, triangular2, exp-range",
              "Straight up and straight down; the same with half the height after each cycle; the same with a height "
              "that shrinks with each update."},
             {"one-cycle (1cycle)", "One rise and one fall over the whole run, the fall to almost 0."},
             {"restarts", "Cycles that jump up and come down as a cosine (SGDR)."},
             {"constant:base, :mean, :max",
              "Constant rates, as high as the base, the mean and the maximum of the "
              "cycle. constant:mean has its learning-rate budget."},
             {"time decay",
              "rate = base / (1 + decay x update). With the decay of 0.96 that the study used it is a "
              "tenth of the base after ten updates."},
             {"linear", "A straight line from a first rate down to 0."},
             {"warm-up", "A rise from a low rate at the beginning of a run."},
             {"learning-rate budget (LR budget)",
              "The sum of the learning rates of all updates: with plain SGD, how far the weights can travel."},
             {"range test",
              "A short training in which the rate rises from far too small to far too large. Base and "
              "maximum are read off its loss. cyclone find-lr does it."},
             {"super-convergence",
              "The observation that one large cycle reaches in few updates what takes a long "
              "training otherwise."},
             {"snapshot", "A copy of the weights, here at the foot of a cycle."},
             {"ensemble",
              "Several networks whose probabilities are averaged. It costs as many times the computation "
              "of an answer."},
             {"SWA, EMA",
              "One network whose weights are a mean of those at several updates: the plain mean "
              "(stochastic weight averaging), or one that forgets the old ones (exponential moving "
              "average)."}}};
}

GlossaryPart measures() {
    GlossaryPart part{
        "Metrics",
        {{"threshold", "The probability above which an image is called positive: 0.5 unless another one is tuned."},
         {"ROC curve",
          "The fraction of the positives that are found over the fraction of the negatives that are "
          "called positive, for every threshold."},
         {"precision-recall curve", "Precision over recall, for every threshold."},
         {"reliability plot",
          "The fraction of positives among the images with about the same predicted "
          "probability, over that probability. The diagonal is right."}}};
    for (const metrics::Metric& metric : metrics::table())
        part.entries.push_back(
            {metric.label == metric.title ? metric.label : metric.label + ", " + metric.title, metric.description});
    part.entries.push_back({"n/a", "Not defined here, for example an AUC without positives."});
    return part;
}

GlossaryPart uncertainty() {
    return {"Uncertainty",
            {{"seed",
              "The number that all random draws of a run follow from: first weights, order of the batches, and "
              "in the laboratory also the data. Runs with different seeds differ by chance alone."},
             {"standard deviation, SD, \xC2\xB1",
              "How much a run differs when only the seed changes. It says nothing "
              "about another test set."},
             {"interval, [low, high]",
              "Where the mean over all seeds lies, with 95 % confidence, judged by the seeds "
              "that were run. More seeds make it narrower."},
             {"Bonferroni",
              "With m intervals each is made at 1 - 0.05 / m, so that all of them are right at once "
              "in 95 of 100 repetitions."},
             {"baseline", "The row with which the others are compared."},
             {"paired",
              "Of the same seed: the same first weights and batches under both schedules, so that what "
              "differs is the schedule."},
             {"t", "Student's method for the interval of a mean over few seeds. It says what other seeds might give."},
             {"p", "How often chance alone would give a difference as large as this one, were there none."},
             {"DeLong, bootstrap",
              "Methods for the interval of a metric on a test set. They say what another test set of this size might "
              "give."},
             {"verdict",
              "Of a comparison: alike (the whole interval of the difference is within 0.005 unless "
              "--alike-within says otherwise), differs (it leaves out 0), or the seeds cannot tell "
              "(neither)."},
             {"holds, does not hold",
              "Of a claim in the laboratory: every interval lies within what is claimed; "
              "one lies outside altogether. Otherwise the seeds cannot tell."},
             {"doubling", "A factor of 2: from 0.1 to 0.8 are three doublings."}}};
}

}  // namespace

std::vector<GlossaryPart> glossary() { return {training(), rates(), measures(), uncertainty()}; }

}  // namespace cyclone::report

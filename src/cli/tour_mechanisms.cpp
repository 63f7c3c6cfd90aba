// The first chapters of the tour: what a rate and a cycle do, and with what to compare them.
#include "cli/tour_chapters.h"

#include <string>

namespace cyclone::cli {
namespace {

using report::TourChapter;
using report::TourNumber;

/// Mean AUC and its difference from the baseline, with the interval, of a schedule in a comparison.
void add_auc(std::vector<TourNumber>& numbers, const std::string& name, const std::string& schedule) {
    numbers.push_back({name, "schedules/name=" + schedule + "/auc/mean", 3});
}
void add_difference(std::vector<TourNumber>& numbers, const std::string& name, const std::string& schedule) {
    const std::string place = "statistics/differences/schedule=" + schedule + "/training_runs/auc/";
    numbers.push_back({name, place + "mean", 2});
    numbers.push_back({name + " low", place + "interval/0", 2});
    numbers.push_back({name + " high", place + "interval/1", 2});
}

}  // namespace

report::TourChapter valley_chapter() {
    return {
        .name = "valley",
        .title = "A valley and its path",
        .text = {"Training walks downhill. The loss of a network is a landscape over its weights; the gradient points "
                 "up the slope, and an update goes the other way: new weight = weight - learning rate x gradient. The "
                 "learning rate is the length of the stride.",
                 "The smallest landscape that shows the difficulty has two weights: a valley that is steep across and "
                 "flat along."},
        .command = "lab valley",
        .quick = "lab valley --quick",
        .picture = "picture.svg",
        .alt = "Paths through a valley, and their losses",
        .look =
            {"The constant of 0.2 limits: it goes straight to the floor of the valley and then creeps along it.",
             "0.95 and 1.02 limits: both jump from wall to wall. Of the one each jump is a little shorter than the "
             "last, of the other a little longer.",
             "The cycle up to 1.8 limits: it climbs while it is above the limit, falls further below it, and arrives."},
        .exercise = "The valley is made twice as steep across. Which of the paths change, and what is the new limit?",
        .answer =
            "The limit is 2 divided by the steepest curvature, so it halves. The rate just below the old limit "
            "now explodes; the small one hardly changes, since it is slow along the floor, not across.",
        .question = "What is the limit of a network?",
        .reply = "The next chapter measures it. Nobody knows it beforehand, and it moves during training.",
        .page = "page.html",
        .has_sandbox = true,
    };
}

report::TourChapter limit_chapter() {
    return {
        .name = "limit",
        .title = "The limit: 2 divided by the curvature",
        .text = {"In a valley of curvature c a step of rate r multiplies the distance from the floor by 1 - r c. Above "
                 "r = 2 / c that is below -1, and every jump is longer than the last. A network has as many directions "
                 "as weights; the steepest one sets the limit.",
                 "The curvature is measured while a small network trains on all of its data at once."},
        .command = "lab edge-of-stability",
        .quick = "lab edge-of-stability --quick",
        .picture = "picture.svg",
        .alt = "The largest curvature over the updates, beside 2 divided by the learning rate",
        .look = {"Blue, a constant rate: the curvature grows until it meets 2 / rate, and stays there ([Cohen "
                 "2021](https://arxiv.org/abs/2103.00065) calls it the edge of stability).",
                 "Orange, a cycle: while the rate rises, 2 / rate comes down and presses the curvature below it.",
                 "The cross: a constant at the maximum of the cycle, which meets the curvature of the first weights."},
        .exercise = "The cycle goes up to a rate at which a constant explodes. How can that be?",
        .answer =
            "The cycle begins low. While its rate rises, the walk moves to flatter places, where 2 / curvature "
            "is higher. The same rate from the first weights meets the curvature that they have. This is also "
            "what a warm-up does.",
        .question = "Then why come down again?",
        .reply = "Because gradients are noisy: the next chapter.",
        .page = "page.html",
    };
}

report::TourChapter floor_chapter() {
    return {
        .name = "noise-floor",
        .title = "The noise floor",
        .text = {"A batch shows a few images out of many, so its gradient is right on average only. Near the bottom of "
                 "the valley the slope is small and the noise is not: the walk goes round the bottom at a distance "
                 "that grows with the rate. A constant rate cannot come closer; a rate that comes down can.",
                 "All schedules here have the same sum of rates, the learning-rate budget."},
        .command = "lab noise-floor",
        .quick = "lab noise-floor --quick",
        .picture = "picture.svg",
        .alt = "Loss over the updates of a constant, a cycle and a straight line to zero",
        .look = {"The constant: it falls fast and then lies flat. That is its floor.",
                 "The cycle: its loss rises with the rate and falls below the constant's at each foot.",
                 "The straight line down to zero: it beats both. A cycle is not the only way to come down."},
        .exercise = "Half the noise: what happens to the three floors, and to their order?",
        .answer =
            "The loss at the floor is proportional to the square of the noise, so each falls to a quarter, and "
            "the order stays. Without noise there is no floor, and coming down costs time for nothing.",
        .question = "Why up again, when down works?",
        .reply =
            "On this valley there is no reason. A network has other valleys: a high rate leaves narrow ones and "
            "presses the curvature down, as in chapter 2, and every foot is a network that can be used.",
        .page = "page.html",
    };
}

report::TourChapter cycle_chapter() {
    TourChapter chapter{
        .name = "cycle",
        .title = "What a cycle does to a network",
        .text = {"A triangular cycle ([Smith 2017](https://arxiv.org/abs/1506.01186)) goes up from a base rate to a "
                 "maximum and down again, each half `--step-size` long. `constant:mean` has the same sum of rates. "
                 "Both start from the same weights and see the same batches, so the noise of the batches is common "
                 "and a division takes it out: the picture shows the loss of the cycle divided by that of the "
                 "constant.",
                 "On the test set the AUC is {triangular} for the cycle and {constant} for the constant."},
        .command = "compare --preset quick --schedules constant:mean,triangular --seeds 3",
        .quick = "compare --positives 30 --negatives 90 --epochs 2 --seeds 2 --schedules constant:mean,triangular",
        .picture = "paired.svg",
        .alt = "Loss of a cycle divided by that of a constant on the same batches, below the rates",
        .look = {"The peaks of the rate (dotted): the ratio is above 1 there, the cycle is behind.",
                 "The feet: the ratio falls below 1 or near it.",
                 "The last update: the run ends at a foot, and only this end is what one keeps."},
        .exercise = "What would the end of the picture look like if the run ended at a peak? Try `--epochs 5`.",
        .answer =
            "The cycle would be measured where it is at its worst, and the comparison would be unfair to it. "
            "`cyclone schedules` and `compare` warn of a run that ends in the middle of a cycle.",
        .question = "Is the constant rate of the study a fair opponent?",
        .reply = "The one above is. The one in the study was not: the next chapter.",
        .page = "report.html",
    };
    add_auc(chapter.numbers, "triangular", "triangular");
    add_auc(chapter.numbers, "constant", "constant:mean");
    return chapter;
}

report::TourChapter study_chapter() {
    TourChapter chapter{
        .name = "study",
        .title = "The study and its broken baseline",
        .text =
            {"[A study of 2018](https://github.com/fitushar/"
             "Cyclical-Learning-Rates-for-Training-Neural-Networks-With-Unbalanced-Data-Sets) by F. I. Tushar compared "
             "fixed with cyclical rates on X-ray patches and found that cycles win by far. Its \"fixed\" rate was a "
             "default of Keras: time decay, "
             "base / (1 + 0.96 t). After ten updates a tenth of it is left.",
             "Three rows: that decay, a constant that is what the word \"fixed\" says, and the cycle."},
        .command = "compare --preset quick --schedules time-decay,constant:base,triangular --seeds 3",
        .quick =
            "compare --positives 30 --negatives 90 --epochs 2 --seeds 2 --schedules "
            "time-decay,constant:base,triangular",
        .picture = "curves.svg",
        .alt = "Rates and losses of time decay, a constant and a cycle",
        .look = {"The rate of `time-decay`: it lies on the axis.",
                 "Its loss: a short fall, then nothing. Its AUC is {decay}; 0.5 is guessing.",
                 "The dotted line: the loss of an answer that knows how frequent the classes are and nothing of the "
                 "images. Who does not fall below it has learned nothing that is worth having."},
        .exercise =
            "`constant:base` ends at an AUC of {constant} and the cycle at {triangular}. Does the cycle win "
            "because it is a cycle?",
        .answer =
            "This run cannot say. The cycle's mean rate is 5.5 times as high, so it had 5.5 times the budget. "
            "The next chapter gives both the same.",
        .question = "How can one see such a fault in a paper?",
        .reply =
            "Add up the learning rates. A baseline with a thousandth of the budget is no baseline, whatever its "
            "name is.",
        .page = "report.html",
    };
    add_auc(chapter.numbers, "decay", "time-decay");
    add_auc(chapter.numbers, "constant", "constant:base");
    add_auc(chapter.numbers, "triangular", "triangular");
    return chapter;
}

report::TourChapter budget_chapter() {
    TourChapter chapter{
        .name = "budget",
        .title = "Equal budget",
        .text = {"Is it the shape of a schedule that helps, or how much it allows the weights to move? The sum of the "
                 "rates is the learning-rate budget. Here are constants at the foot, the mean and the top of the "
                 "cycle, and two cycles."},
        .command =
            "compare --preset quick --schedules constant:base,constant:mean,constant:max,triangular,triangular2 "
            "--seeds 3",
        .quick =
            "compare --positives 30 --negatives 90 --epochs 2 --seeds 2 --schedules "
            "constant:base,constant:mean,constant:max,triangular,triangular2",
        .picture = "budget.svg",
        .alt = "A dot per run: budget against AUC",
        .look = {"From left to right: more budget, higher AUC. Most of the picture is that.",
                 "`constant:mean` and `triangular` stand above one another. Their AUC differs by {difference} "
                 "[{difference low}, {difference high}].",
                 "`constant:max` has the largest budget, and its AUC is {max}. Is it below or above the cycle?"},
        .exercise = "Three seeds: what can the interval of the second point not tell, and how many seeds would?",
        .answer =
            "It says what the seeds leave open at 95 %, corrected for the number of rows. Where it holds 0 and "
            "reaches further than 0.005 to a side, neither \"equal\" nor \"better\" is shown. The program says "
            "how many seeds would tell.",
        .question = "Then what is a cycle good for?",
        .reply =
            "For three things that the next chapters test: a maximum need not be known exactly (chapter 8), fewer "
            "updates to the same error (chapter 11), and a usable network at each foot (chapter 12).",
        .page = "report.html",
    };
    add_auc(chapter.numbers, "max", "constant:max");
    add_difference(chapter.numbers, "difference", "triangular");
    return chapter;
}

report::TourChapter range_chapter() {
    return {
        .name = "range-test",
        .title = "The range test: find the limit",
        .text =
            {"A short training in which the rate rises from far too small to far too large: the loss falls while "
             "the rate is useful and shoots up behind the limit. Smith's test reads base and maximum off that "
             "curve.",
             "On unbalanced data the first fall is only the output's bias learning how frequent the classes are. So "
             "the batches hold all classes alike here, and only what lies below the dotted line counts. What the curve "
             "suggests is then tried out: short cycles on the training's own batches, judged on images that are held "
             "out. The pair that comes out is {base} to {max}; the comparisons above used 0.01 to 0.1."},
        .command = "find-lr",
        .quick = "find-lr --positives 60 --negatives 300 --updates 150 --seeds 2",
        .picture = "curve.svg",
        .alt = "Loss while the rate rises, with the suggested range",
        .look = {"Where the mean falls below the dotted line: a lower rate hardly learns in a run of this length.",
                 "Where it shoots up: a higher rate destroys what was learned.",
                 "The dots: what other rules suggest. They differ, which is why the curve is shown and not one "
                 "number."},
        .exercise = "Run it with `--updates 900`. The curve moves to the left. Why?",
        .answer =
            "With more updates at each rate less rate is needed for the same progress. A range test measures "
            "rate and number of updates together; make it about as long as an epoch, not longer.",
        .question = "How exact must the maximum be?",
        .reply = "Less exact with a cycle than with a constant, they say. The next chapter tests it.",
        .numbers = {{"base", "pair/base", 2}, {"max", "pair/max", 2}},
    };
}

}  // namespace cyclone::cli

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
        .text =
            {"Training walks downhill. The loss of a network, one number for how wrong it is, is a landscape over its "
             "weights, the numbers that training changes. The gradient points up the slope, and an update goes the "
             "other way: new weight = weight - learning rate x gradient. The learning rate, or rate, scales the "
             "stride.",
             "The smallest landscape that shows the difficulty has two weights: a valley that is steep across and flat "
             "along. The curvature of a direction says how fast the slope grows with the distance from the floor. A "
             "rate above 2 / the steepest curvature, the limit, ends every step further up the other wall; chapter 2 "
             "says why. Rates are multiples of that limit here. A cycle lets the rate rise and fall again."},
        .command = "lab valley",
        .quick = "lab valley --quick",
        .picture = "picture.svg",
        .alt = "Paths through a valley on a map with lines of equal loss, and their losses over the updates",
        .look = {"The constant of 0.2 limits: it goes straight to the floor of the valley and then creeps along it. "
                 "Grey lines join points of equal loss.",
                 "0.95 and 1.02 limits: both jump from wall to wall. Of the one each jump is a little shorter than the "
                 "last, of the other a little longer.",
                 "The cycle up to 1.8 limits, in the lower panel: its loss rises around update 35, while the rate is "
                 "above the limit, falls further below it, and arrives."},
        .exercise = "The valley is made twice as steep across. Which of the paths change, and what is the new limit?",
        .answer =
            "The limit is 2 divided by the steepest curvature, so it halves. The rate just below the old limit now "
            "explodes: its loss grows without bound. So does the cycle, which now goes up to 3.6 limits and climbs "
            "more above the limit than it falls below. The small rate hardly changes, since it is slow along the "
            "floor, not across.",
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
        .text = {"At a distance x from the floor of a valley of curvature c the slope is c x, so an update at rate r "
                 "leads from x to (1 - r c) x. Above r = 2 / c the factor is below -1, and every jump is longer than "
                 "the last. A network has as many directions as weights; the steepest one sets the limit.",
                 "Its curvature, the largest eigenvalue of the matrix of second derivatives (Hessian), is measured "
                 "while a small network trains on all of its data at once, so that nothing is noisy."},
        .command = "lab edge-of-stability",
        .quick = "lab edge-of-stability --quick",
        .picture = "picture.svg",
        .alt = "The largest curvature over the updates, beside 2 divided by the learning rate, and the loss",
        .look = {"Blue, a constant rate: the curvature grows until it meets 2 / rate (dotted), and stays there ([Cohen "
                 "2021](https://arxiv.org/abs/2103.00065) calls it the edge of stability). Why it grows is not fully "
                 "known.",
                 "Orange, a cycle: while the rate rises, 2 / rate comes down and presses the curvature below it. The "
                 "shade reaches from the lowest to the highest seed.",
                 "The cross at the first update: a constant at the maximum of the cycle. It meets the curvature of the "
                 "first weights, and explodes."},
        .exercise = "The cycle goes up to a rate at which a constant explodes. How can that be?",
        .answer =
            "The cycle begins low. While its rate rises, the walk moves to flatter places, where 2 / curvature is "
            "higher. The same rate from the first weights meets the curvature that they have. This is also what a "
            "warm-up does, a rise from a low rate at the beginning of a training.",
        .question = "Then why come down again?",
        .reply = "Because gradients are noisy: the next chapter.",
        .page = "page.html",
    };
}

report::TourChapter floor_chapter() {
    return {
        .name = "noise-floor",
        .title = "The noise floor",
        .text = {"Most trainings show a network a batch at each update, a few examples out of many, so the gradient is "
                 "right on average only. Here noise is added to the gradients of a valley. Near the bottom the slope "
                 "is small and the noise is not: the walk goes round the bottom at a distance that grows with the "
                 "rate. A constant rate cannot come closer; a rate that comes down can.",
                 "All schedules (rules that give each update its rate) have the same sum of rates here, the "
                 "learning-rate budget: how far the weights can travel."},
        .command = "lab noise-floor",
        .quick = "lab noise-floor --quick",
        .picture = "picture.svg",
        .alt = "Loss over the updates of a constant, a cycle and a straight line to zero",
        .look = {"The constant: it falls fast and then lies flat. That is its floor. It can also be computed from "
                 "rate, curvature and noise; the last number of the answer compares the two.",
                 "The cycle: its loss rises with the rate and falls below the constant's at each foot, where the rate "
                 "is lowest.",
                 "The straight line down to zero: it beats both. A cycle is not the only way to come down."},
        .exercise = "Half the noise: what happens to the three floors, and to their order?",
        .answer =
            "The loss at the floor is proportional to the square of the noise, so each falls to a quarter, and "
            "the order stays. Without noise there is no floor, and coming down costs time for nothing.",
        .question = "Why up again, when down works?",
        .reply =
            "On this valley there is no reason. A network has other valleys: a high rate leaves narrow ones and "
            "presses the curvature down, as in chapter 2, and every foot is a network that can be used. Whether that "
            "makes a better network is what the next chapters measure.",
        .page = "page.html",
    };
}

report::TourChapter cycle_chapter() {
    TourChapter chapter{
        .name = "cycle",
        .title = "What a cycle does to a network",
        .text = {"From here on a network learns to find the positives among generated patches: small pictures, of "
                 "which 5.4 % hold a cluster of bright spots and are called positive. `--preset quick` trains on 2,776 "
                 "of them for 6 epochs (an epoch shows each patch once), which takes seconds; `--seeds 3` does so "
                 "three times, with other random numbers.",
                 "A triangular cycle ([Smith 2017](https://arxiv.org/abs/1506.01186)) goes up from a base rate to a "
                 "maximum and down again, each half `--step-size` long, one epoch here. `constant:mean` has the same "
                 "sum of rates. Both start from the same weights and see the same batches, so the noise of the batches "
                 "is common and a division takes it out: the picture shows the loss of the cycle divided by that of "
                 "the constant.",
                 "The result is measured on a test set, which training has not seen, as AUC: the fraction of pairs of "
                 "a positive and a negative that are ranked correctly, 0.5 for guessing and 1 at best. It is "
                 "{triangular} for the cycle and {constant} for the constant. Chapter 6 asks whether such a difference "
                 "is more than chance."},
        .command = "compare --preset quick --schedules constant:mean,triangular --seeds 3",
        .quick = "compare --positives 30 --negatives 90 --epochs 2 --seeds 2 --schedules constant:mean,triangular",
        .picture = "paired.svg",
        .alt = "Loss of a cycle divided by that of a constant on the same batches, below the rates",
        .result = "AUC {triangular} for the cycle, {constant} for a constant of its budget",
        .look = {"The peaks of the rate (dotted): the ratio is above 1 there, the cycle is behind. Thin lines are "
                 "single seeds.",
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
        .text = {"[A study of "
                 "2018](https://github.com/fitushar/"
                 "Cyclical-Learning-Rates-for-Training-Neural-Networks-With-Unbalanced-Data-Sets) by F. I. Tushar "
                 "compared fixed with cyclical rates on patches of X-ray pictures and found that cycles win by far. "
                 "Its \"fixed\" rate was what Keras, the library it used, makes of its option `decay`: time decay, "
                 "base / (1 + 0.96 t) at update t. After ten updates a tenth of it is left.",
                 "Three rows: that decay, a constant at the base of the cycle, which is what the word \"fixed\" says, "
                 "and the cycle."},
        .command = "compare --preset quick --schedules time-decay,constant:base,triangular --seeds 3",
        .quick =
            "compare --positives 30 --negatives 90 --epochs 2 --seeds 2 --schedules "
            "time-decay,constant:base,triangular",
        .picture = "curves.svg",
        .alt = "Rates and losses of time decay, a constant and a cycle",
        .result = "AUC {decay} for the decay, {constant} for a constant, {triangular} for the cycle, at three budgets",
        .look = {"The rate of `time-decay`: it lies on the axis.",
                 "Its loss: a short fall, then nothing. Its AUC is {decay}; 0.5 is guessing. Below that is no better: "
                 "so few updates teach the network to say \"negative\", presumably most firmly to the brightest "
                 "patches, where the positives are.",
                 "The dotted line: the loss of an answer that knows how frequent the classes are and nothing of the "
                 "images. A network that does not fall below it has learned nothing of use."},
        .exercise =
            "`constant:base` ends at an AUC of {constant} and the cycle at {triangular}. Does the cycle win "
            "because it is a cycle?",
        .answer =
            "This run cannot say. The cycle's mean rate is 5.5 times as high, so it had 5.5 times the budget. "
            "The next chapter gives both the same.",
        .question = "How can one see such a fault in a paper?",
        .reply =
            "Add up the learning rates. The study's decay had a sum of 0.02, its cycle one of 384. A baseline with a "
            "thousandth of the budget is no baseline, whatever its name is.",
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
                 "rates is the learning-rate budget. Here are constants at the foot, the mean and the top of the cycle "
                 "(`constant:base`, `:mean` and `:max`), the cycle, and `triangular2`, whose height halves with each "
                 "cycle."},
        .command =
            "compare --preset quick --schedules constant:base,constant:mean,constant:max,triangular,triangular2 "
            "--seeds 3",
        .quick =
            "compare --positives 30 --negatives 90 --epochs 2 --seeds 2 --schedules "
            "constant:base,constant:mean,constant:max,triangular,triangular2",
        .picture = "budget.svg",
        .alt = "A dot per run: budget against AUC",
        .result =
            "AUC of the cycle minus that of the constant of its budget: {difference} [{difference low}, {difference "
            "high}]",
        .look = {"From left to right: more budget, higher AUC. Most of the picture is that.",
                 "`constant:mean` and `triangular` stand above one another. Their AUC differs by {difference} "
                 "[{difference low}, {difference high}]: the mean over the seeds, and in brackets the interval in "
                 "which the mean over all seeds lies.",
                 "`constant:max` has the largest budget, and its AUC is {max}. Is it below or above the cycle? More is "
                 "not always better: the next chapter shows where it ends."},
        .exercise = "Three seeds: what can the interval of the second point not tell, and how many seeds would?",
        .answer =
            "It says what the seeds leave open at 95 %, for all rows at once: of m intervals each is made at 1 - 0.05 "
            "/ m (Bonferroni). Where it holds 0 and reaches further than 0.005 to a side, neither \"equal\" nor "
            "\"better\" is shown; 0.005 is what counts as a difference that matters (`--alike-within`). How many seeds "
            "would tell depends on their spread: the program estimates it and prints it.",
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
            {"A short training in which the rate rises from far too small to far too large: the loss falls while the "
             "rate is useful and shoots up behind the limit. Smith's test reads base and maximum off that curve.",
             "Where one class is rare, the first fall only shows that the network learns how frequent the classes are. "
             "So the batches hold all classes alike here, and only what lies below the dotted line counts: 0.69 is the "
             "loss of saying \"one half\" to every image. What the curve suggests is then tried out: short cycles "
             "between such rates, judged on images that are kept out of the training. The pair that comes out is "
             "{base} to {max}; the comparisons above used 0.01 to 0.1."},
        .command = "find-lr",
        .quick = "find-lr --positives 60 --negatives 300 --updates 150 --seeds 2",
        .picture = "curve.svg",
        .alt = "Loss while the rate rises, with the suggested range",
        .result = "a cycle from {base} to {max}",
        .look = {"Where the mean of the seeds falls below the dotted line: a lower rate hardly learns in a run of this "
                 "length.",
                 "Where it shoots up: a higher rate destroys what was learned.",
                 "The dots: what other rules suggest. `valley` is the middle of the longest fall, `slide` a point "
                 "shortly before the rise, `minimum / 10` a tenth of the rate with the lowest loss, `steepest` where "
                 "it falls fastest. They differ, which is why the curve is shown and not one number. Which rule is "
                 "best in general is not known."},
        .exercise = "Run it with `--updates 900`. The curve moves to the left. Why?",
        .answer =
            "With more updates at each rate less rate is needed for the same progress. A range test measures "
            "rate and number of updates together; make it about as long as an epoch, not longer.",
        .question = "How exact must the maximum be?",
        .reply = "Less exact with a cycle than with a constant, it is said. The next chapter tests it.",
        .numbers = {{"base", "pair/base", 2}, {"max", "pair/max", 2}},
    };
}

}  // namespace cyclone::cli

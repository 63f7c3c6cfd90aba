// The chapters of the tour: what each asks, its command, and what to look at in its picture.
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

TourChapter valley() {
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

TourChapter limit() {
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
        .exercise =
            "A rate of 0.1 explodes from the first weights on, and a cycle that reaches 0.2 does not. How can "
            "that be?",
        .answer =
            "The cycle begins low. While its rate rises, the walk moves to flatter places, where 2 / curvature "
            "is higher. The same rate from the first weights meets the curvature that they have. This is also "
            "what a warm-up does.",
        .question = "Then why come down again?",
        .reply = "Because gradients are noisy: the next chapter.",
        .page = "page.html",
    };
}

TourChapter floor() {
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
        .exercise = "The cycle goes up to a rate at which a constant explodes. How can that be?",
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

TourChapter cycle() {
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

TourChapter study() {
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

TourChapter budget() {
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

TourChapter range() {
    return {
        .name = "range-test",
        .title = "The range test: find the limit",
        .text = {"A short training in which the rate rises from far too small to far too large: the loss falls while "
                 "the rate is useful and shoots up behind the limit. Smith's test reads base and maximum off that "
                 "curve.",
                 "On unbalanced data the first fall is only the output's bias learning how frequent the classes are. "
                 "So the batches hold all classes alike here, and only what lies below the dotted line counts. The "
                 "suggested pair is {base} to {max}; the comparisons above used 0.01 to 0.1."},
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
        .numbers = {{"base", "suggestions/pair/base", 2}, {"max", "suggestions/pair/max", 2}},
    };
}

TourChapter wrong_maximum() {
    return {
        .name = "wrong-maximum",
        .title = "When the maximum is wrong",
        .text = {"A cycle passes through many rates, so some of them are right even when its maximum is not. That "
                 "would be its real selling point, and it can be tested: train with rates that are too low and too "
                 "high by factors of up to 8."},
        .command = "lab wrong-maximum",
        .quick = "lab wrong-maximum --quick",
        .picture = "picture.svg",
        .alt = "Result over the factor by which the maximum is wrong, for a cycle and a constant",
        .look = {"The lowest point of each line: the best mean rate of a constant, a cycle and a straight line down.",
                 "To the left: what does a rate cost that is 2, 4, 8 times too low?",
                 "To the right: where does each of them fall off?"},
        .exercise = "On which side is it cheaper to be wrong, by a factor of 4?",
        .answer =
            "Read it off the picture: too low costs a little everywhere; too high costs nothing until it costs "
            "everything. So of two guesses take the lower one, or a cycle up to the higher one.",
        .question = "How long should a cycle be?",
        .reply = "The next chapter.",
        .page = "page.html",
    };
}

TourChapter step_size() {
    return {
        .name = "step-size",
        .title = "Step size, shape, and where to stop",
        .text = {"The step size is half a cycle. Smith advises 2 to 8 epochs and says that it hardly matters. Where "
                 "the run stops may matter more: at a foot, where the rate is low, or at a top.",
                 "`triangular2` halves the height of each cycle, `exp-range` lets it shrink with every update: both "
                 "come down over the run as a whole, as a decay does, and both have a smaller budget."},
        .command = "lab step-size",
        .quick = "lab step-size --quick",
        .picture = "picture.svg",
        .alt = "Result over the step size, for runs that stop at a foot and at a peak",
        .look = {"The line of runs that stop at a foot: how level is it from short to long cycles?",
                 "The line of runs that stop at a top: the same cycles, another end.",
                 "The bands of the seeds: which differences are larger than they?"},
        .exercise = "You have 1,000 updates. Which step sizes let the run end at a foot?",
        .answer =
            "Those for which 2 x step size goes into 1,000 without rest: 500, 250, 125, 100, 50, ... "
            "`cyclone schedules --updates 1000 --step-size 300` warns.",
        .question = "Momentum, too?",
        .reply = "The next chapter.",
        .page = "page.html",
    };
}

TourChapter momentum() {
    return {
        .name = "momentum",
        .title = "Momentum moves against the rate",
        .text = {"Momentum m adds up past gradients, so a step is 1 / (1 - m) times as long in the end: 0.9 makes a "
                 "rate of 0.01 act like 0.1. High rate and high momentum together overshoot. The 1cycle policy ([Smith "
                 "2018](https://arxiv.org/abs/1803.09820)) therefore lowers the momentum while the rate rises and "
                 "raises it again while the rate falls."},
        .command = "lab momentum",
        .quick = "lab momentum --quick",
        .picture = "picture.svg",
        .alt = "Effective rate and loss with constant momentum, and with momentum that moves against and with the rate",
        .look = {"The upper panel, rate / (1 - momentum): against the rate its cycle is flat, with the rate steep.",
                 "The peaks of the loss: momentum against the rate keeps them lowest.",
                 "The feet: there it costs, since a high momentum undoes what the low rate does."},
        .exercise =
            "Momentum 0.95 at the foot and 0.85 at the peak, rate 0.01 and 0.1: how do the effective rates "
            "compare with those under a constant 0.9?",
        .answer =
            "0.01 / 0.05 = 0.2 at the foot and 0.1 / 0.15 = 0.67 at the peak, against 0.1 and 1. The range is "
            "3.3 instead of 10: the cycle of the effective rate is flatter.",
        .question = "And one cycle over the whole run?",
        .reply = "That is the policy's other half: the next chapter.",
        .page = "page.html",
    };
}

TourChapter super_convergence() {
    return {
        .name = "super-convergence",
        .title = "One cycle and super-convergence",
        .text = {"One single cycle over the whole run, up to a rate near the limit, then down to almost nothing: "
                 "[Smith and Topin](https://arxiv.org/abs/1708.07120) reached the accuracy of a long training in a "
                 "tenth of its updates. The honest opponent is not only a constant but a straight line to zero."},
        .command = "lab super-convergence",
        .quick = "lab super-convergence --quick",
        .picture = "picture.svg",
        .alt = "Test error over the number of epochs for six schedules",
        .look = {"Follow a height from left to right: where a line crosses it is the number of updates that the "
                 "schedule needs for that error.",
                 "The orange line against the blue ones: what one cycle saves against constants.",
                 "The orange line against the grey ones: what is left of it against rates that only come down."},
        .exercise = "Which part of the saving comes from going up, and which from coming down? Which row tells?",
        .answer =
            "The linear decay comes down and never goes up. What it saves against a constant comes from coming "
            "down; what one cycle saves beyond that comes from its high rates.",
        .question = "Can the feet of several cycles be used together?",
        .reply = "The next chapter.",
        .page = "page.html",
    };
}

TourChapter averages() {
    return {
        .name = "averages",
        .title = "Snapshots and averages",
        .text = {"At each foot of a cycle there is a network that works. Averaging the answers of these snapshots is a "
                 "[snapshot ensemble](https://arxiv.org/abs/1704.00109); averaging their weights is "
                 "[SWA](https://arxiv.org/abs/1803.05407). Both must be compared with the same treatment of a "
                 "constant: copies of it, taken at the same updates."},
        .command = "lab averages",
        .quick = "lab averages --quick",
        .picture = "picture.svg",
        .alt = "Result of the last network, of the mean of the answers and of the mean of the weights",
        .look = {"Dashed, the last network of each schedule; solid, the ensemble of all so far. Which gap is wider?",
                 "The two solid lines: which schedule has the better ensemble?",
                 "The averaged weights: one network instead of several; is the gain the same?"},
        .exercise =
            "Suppose a constant gains more from averaging than a cycle does. What would that tell of the noise floor?",
        .answer =
            "The constant's weights go round the bottom; their mean lies nearer to it. The cycle has come down "
            "by itself at each foot, so less is left for the mean to gain. Averaging and coming down are two "
            "cures of the same disease.",
        .question = "Why is the AUC the measure here, not the accuracy?",
        .reply = "Because the classes are unbalanced: the next chapter.",
        .page = "page.html",
    };
}

TourChapter imbalance() {
    return {
        .name = "imbalance",
        .title = "Imbalance, and batches without positives",
        .text = {"The study's patches have one positive per 17 to 36 negatives. With a fraction p of positives a batch "
                 "of b images holds none with probability (1 - p)^b, and such an update teaches \"always negative\". "
                 "Does it cost anything?"},
        .command = "lab imbalance",
        .quick = "lab imbalance --quick",
        .picture = "picture.svg",
        .alt = "AUC over the epochs with batches by chance and with one positive in each",
        .look = {"Dashed: batches by chance, a third of which holds no positive. Solid: batches with one positive "
                 "each. Do they part?",
                 "The constant against the cycle: does either of them mind more?",
                 "The early epochs against the last one: a loss that is made up for is no loss."},
        .exercise = "How large must a batch be so that 99 of 100 hold a positive, at p = 1/37?",
        .answer =
            "Read it off the picture, line by line. Too low a rate learns slowly; one beyond the limit does not learn "
            "at all. So the left is usually the cheaper side, and of two guesses the lower one.",
        .question = "Does rebalancing change what the rates must be?",
        .reply =
            "Yes: balanced batches have other gradients. `find-lr --rebalance sampler` measures on the batches "
            "that the training will see.",
        .page = "page.html",
    };
}

TourChapter references() {
    return {
        .name = "references",
        .title = "References, and what is not known",
        .text = {"Smith, [Cyclical learning rates](https://arxiv.org/abs/1506.01186) (2017), "
                 "[a disciplined approach](https://arxiv.org/abs/1803.09820) (2018, 1cycle and momentum); Smith and "
                 "Topin, [super-convergence](https://arxiv.org/abs/1708.07120); Loshchilov and Hutter, "
                 "[SGDR](https://arxiv.org/abs/1608.03983) (cosine restarts); Huang, "
                 "[snapshot ensembles](https://arxiv.org/abs/1704.00109); Izmailov, "
                 "[SWA](https://arxiv.org/abs/1803.05407); Cohen, "
                 "[edge of stability](https://arxiv.org/abs/2103.00065).",
                 "Not known, or not shown here: whether wide minima generalise better or only go along with what "
                 "does (`cyclone lab large-rates` and `cyclone lab sharpness` show the claim and its limits); how far "
                 "the ratio rate / batch size alone decides (`cyclone lab batch-ratio`); what cycles do for Adam, "
                 "whose steps do not shrink with the gradient; and whether any of this holds for your network. "
                 "`cyclone compare YOUR-DATA` measures it."},
        .command = "",
        .quick = "",
        .picture = "",
        .alt = "",
        .look = {},
        .exercise =
            "Take data of your own, run `cyclone find-lr`, then `cyclone compare` with the pair it suggests, "
            "and write down beforehand what you expect.",
        .answer = "There is none here: the page of your comparison has it.",
    };
}

}  // namespace

std::vector<report::TourChapter> tour_chapters() {
    std::vector<TourChapter> chapters{valley(),
                                      limit(),
                                      floor(),
                                      cycle(),
                                      study(),
                                      budget(),
                                      range(),
                                      wrong_maximum(),
                                      step_size(),
                                      momentum(),
                                      super_convergence(),
                                      averages(),
                                      imbalance(),
                                      references()};
    for (TourChapter& chapter : chapters) {
        if (chapter.command.rfind("lab ", 0) == 0) {
            chapter.numbers = {{"claim", "claim", 0}, {"answer", "words", 0}};
            chapter.found = {"The claim: {claim}", "The answer: {answer}"};
        }
    }
    return chapters;
}

}  // namespace cyclone::cli

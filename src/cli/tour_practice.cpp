// The later chapters of the tour: what cycles are used for, and what is not known.
#include "cli/tour_chapters.h"

namespace cyclone::cli {

report::TourChapter wrong_maximum_chapter() {
    return {
        .name = "wrong-maximum",
        .title = "When the maximum is wrong",
        .text = {"A cycle passes through many rates, so some of them are right even when its maximum is not. That "
                 "would be its real selling point, and it can be tested: train with rates that are too low and too "
                 "high by factors of up to 8."},
        .command = "lab wrong-maximum --threads 2",
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

report::TourChapter step_size_chapter() {
    return {
        .name = "step-size",
        .title = "Step size, shape, and where to stop",
        .text = {"The step size is half a cycle. Smith advises 2 to 8 epochs and says that it hardly matters. Where "
                 "the run stops may matter more: at a foot, where the rate is low, or at a top.",
                 "`triangular2` halves the height of each cycle, `exp-range` lets it shrink with every update: both "
                 "come down over the run as a whole, as a decay does, and both have a smaller budget."},
        .command = "lab step-size --threads 2",
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

report::TourChapter momentum_chapter() {
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

report::TourChapter super_convergence_chapter() {
    return {
        .name = "super-convergence",
        .title = "One cycle and super-convergence",
        .text = {"One single cycle over the whole run, up to a rate near the limit, then down to almost nothing: "
                 "[Smith and Topin](https://arxiv.org/abs/1708.07120) reached the accuracy of a long training in a "
                 "tenth of its updates. The honest opponent is not only a constant but a straight line to zero."},
        .command = "lab super-convergence --threads 2",
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

report::TourChapter averages_chapter() {
    return {
        .name = "averages",
        .title = "Snapshots and averages",
        .text = {"At each foot of a cycle there is a network that works. Averaging the answers of these snapshots is a "
                 "[snapshot ensemble](https://arxiv.org/abs/1704.00109); averaging their weights is "
                 "[SWA](https://arxiv.org/abs/1803.05407). Both must be compared with the same treatment of a "
                 "constant: copies of it, taken at the same updates."},
        .command = "lab averages --threads 2",
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

report::TourChapter imbalance_chapter() {
    return {
        .name = "imbalance",
        .title = "Imbalance, and batches without positives",
        .text = {"The study's patches have one positive per 17 to 36 negatives. With a fraction p of positives a batch "
                 "of b images holds none with probability (1 - p)^b, and such an update teaches \"always negative\". "
                 "Does it cost anything?"},
        .command = "lab imbalance --threads 2",
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

report::TourChapter references_chapter() {
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

}  // namespace cyclone::cli

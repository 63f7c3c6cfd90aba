// The later chapters of the tour: what cycles are used for, and what is not known.
#include "cli/tour_chapters.h"

namespace cyclone::cli {

report::TourChapter wrong_maximum_chapter() {
    return {
        .name = "wrong-maximum",
        .title = "When the maximum is wrong",
        .text = {"A cycle passes through many rates, so some of them are right even when its maximum is not. If so, it "
                 "is good over a wider range of maxima than a constant is over rates. To test it, a network learns to "
                 "tell ten drawn digits apart, with rates that are too low and too high by factors of up to 8. A "
                 "doubling is a factor of 2."},
        .command = "lab wrong-maximum --threads 2",
        .quick = "lab wrong-maximum --quick",
        .picture = "picture.svg",
        .alt = "Test error over the mean rate, for a constant, a cycle and a straight line down",
        .look = {"The lowest point of each line: the best mean rate of a constant, a cycle and a straight line down. "
                 "The test error is the fraction of the test set that gets a wrong class; a dot is a seed.",
                 "To the left: what does a rate cost that is 2, 4, 8 times too low?",
                 "To the right: where does each of them fall off? 90 % is guessing among ten digits."},
        .exercise = "On which side is it cheaper to be wrong, by a factor of 4?",
        .answer =
            "Read it off the picture, line by line. Too low a rate learns slowly; one beyond the limit does not learn "
            "at all. So the left is usually the cheaper side, and of two guesses the lower one.",
        .question = "How long should a cycle be?",
        .reply = "The next chapter.",
        .page = "page.html",
    };
}

report::TourChapter step_size_chapter() {
    return {
        .name = "step-size",
        .title = "Step size, shape, and where to stop",
        .text = {"The step size is half a cycle: the number of updates from foot to top. Smith advises 2 to 10 epochs "
                 "and says that it hardly matters. Where the run stops may matter more: at a foot, where the rate is "
                 "low, or at a top.",
                 "`triangular2` halves the height of each cycle, `exp-range` lets it shrink with every update: both "
                 "come down over the run as a whole, as a decay does, and both have a smaller budget. The picture has "
                 "plain triangular cycles."},
        .command = "lab step-size --threads 2",
        .quick = "lab step-size --quick",
        .picture = "picture.svg",
        .alt = "Test loss over the step size, for runs that stop at a foot and at a top",
        .look = {"The line of runs that stop at a foot: how level is it from short to long cycles?",
                 "The line of runs that stop at a top: the same rates, another end. Dotted: a constant at their mean.",
                 "The dots, one per seed: which differences between the lines are larger than their scatter?"},
        .exercise = "You have 1,000 updates. Which step sizes let the run end at a foot?",
        .answer =
            "Those for which 2 x step size divides 1,000: 500, 250, 125, 100, 50, ... `cyclone schedules --updates "
            "1000 --step-size 300` warns.",
        .question = "Momentum, too?",
        .reply = "The next chapter.",
        .page = "page.html",
    };
}

report::TourChapter momentum_chapter() {
    return {
        .name = "momentum",
        .title = "Momentum moves against the rate",
        .text =
            {"With momentum m an update keeps m of its last direction and adds the new gradient, so a step is 1 / (1 - "
             "m) times as long in the end: 0.9 makes a rate of 0.01 act like 0.1. That is the effective rate, rate / "
             "(1 - m). High rate and high momentum together overshoot. The 1cycle policy ([Smith "
             "2018](https://arxiv.org/abs/1803.09820)) therefore lowers the momentum while the rate rises and raises "
             "it again while the rate falls.",
             "Momentum that moves against the rate is compared with a constant one in the noisy valley of chapter 3."},
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
                 "[Smith and Topin](https://arxiv.org/abs/1708.07120) reached the accuracy of a long training in about "
                 "a tenth of its updates, and called it super-convergence. The honest opponent is not only a constant "
                 "but a straight line to zero."},
        .command = "lab super-convergence --threads 2",
        .quick = "lab super-convergence --quick",
        .picture = "picture.svg",
        .alt = "Test error over the number of updates for six schedules",
        .look = {"Follow a height from left to right: where a line crosses it is the number of updates that the "
                 "schedule needs for that error.",
                 "The lines of one cycle (red and ochre, up to 0.1 and 0.05) against the blue ones: what one cycle "
                 "saves against constants.",
                 "The same against the grey ones: what is left of it against rates that only come down."},
        .exercise = "Which part of the saving comes from going up, and which from coming down? Which line tells?",
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
        .text = {"At each foot of a cycle there is a network that works; a copy of its weights is a snapshot. "
                 "Averaging the answers of the snapshots, their probabilities, is a [snapshot "
                 "ensemble](https://arxiv.org/abs/1704.00109), and an answer then costs as many times the computation. "
                 "Averaging their weights is [SWA](https://arxiv.org/abs/1803.05407), stochastic weight averaging: one "
                 "network. Both must be compared with the same treatment of a constant: copies of it, taken at the "
                 "same updates.",
                 "The cycles here are restarts: the rate jumps up and comes down to 0 as a cosine does."},
        .command = "lab averages --threads 2",
        .quick = "lab averages --quick",
        .picture = "picture.svg",
        .alt =
            "Test error of the last network, of the mean of the answers and of the mean of the weights, over the "
            "cycles",
        .look = {"Dashed, the last network of each schedule; solid, the ensemble of all so far. Which gap is wider?",
                 "The two solid lines: which schedule has the better ensemble?",
                 "Dotted, the averaged weights: one network instead of several; is the gain the same?"},
        .exercise =
            "Suppose a constant gains more from averaging than a cycle does. What would that tell of the noise floor?",
        .answer =
            "The constant's weights go round the bottom; their mean lies nearer to it. The cycle has come down by "
            "itself at each foot, so less is left for the mean to gain. Averaging and coming down remove the same "
            "noise.",
        .question = "Why did chapters 4 to 6 measure the AUC, not the test error?",
        .reply =
            "Because positives are rare there: who calls everything negative is wrong for 5 % of the images only, and "
            "finds nothing. The next chapter is about such data.",
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
        .alt = "AUC over the epochs with batches by chance and with one positive in each, and their difference",
        .look =
            {"Dashed: batches by chance, a third of which holds no positive. Solid: the same batches, but that each "
             "holds one positive. Where do they part?",
             "The lower panel is the difference, a dot per seed. In which epochs does it lie above 0.01?",
             "The early epochs against the last one: how much of what is lost at first is made up for? A short "
             "training has no time for that."},
        .exercise = "How large must a batch be so that 99 of 100 hold a positive, at p = 1/37?",
        .answer = "At least 169: (36/37)^b has to be 0.01 or less, so b >= ln 0.01 / ln(36/37) = 168.1.",
        .question = "Does rebalancing change what the rates must be?",
        .reply =
            "Yes: balanced batches have other gradients. `find-lr --rebalance sampler` measures on the batches "
            "that the training will see.",
        .page = "page.html",
    };
}

// Its first paragraph sums up what examples/tour/README.md shows: read it again when an answer there changes.
report::TourChapter references_chapter() {
    return {
        .name = "references",
        .title = "What is known, what is not, and references",
        .text =
            {("Is a cycle worth it? Against a rate that is far too low, yes, and so is any higher rate (chapters 5 "
              "and 6). Against a constant of the same budget it is in the noisy valley (3), where a straight line "
              "down does better still; with the networks here the seeds could not tell (6), or it did not hold (8, "
              "11). What does hold is that a run should end at a foot (9), and that an ensemble of a cycle's "
              "snapshots makes fewer errors than the last of them, and than a constant's ensemble (12)."),
             ("To try it on your data: `cyclone find-lr DATA` for base and maximum; a number of updates that ends at "
              "a foot; beside the cycle a constant of the same budget and a straight line down (`cyclone compare "
              "DATA --schedules constant:mean,linear,triangular`), with three seeds or more."),
             ("Not known: whether wide minima, places of low curvature, make fewer errors on new data or only go "
              "along with what does. `cyclone lab large-rates` and `cyclone lab sharpness` show the claim and its "
              "limits."),
             ("Not known: how far the ratio rate / batch size alone decides (`cyclone lab batch-ratio`); why the "
              "curvature grows until it meets 2 / rate; which step size is best."),
             ("Not tried here: cycles with Adam, an optimizer whose steps do not shrink with the gradient; "
              "transformers and other networks that are not convolutional; trainings of days."),
             "Not known: whether any of this holds for your network. `cyclone compare YOUR-DATA` measures it.",
             ("Read on: Smith, [Cyclical learning rates](https://arxiv.org/abs/1506.01186) (2017: triangular cycles, "
              "the range test), [a disciplined approach](https://arxiv.org/abs/1803.09820) (2018: 1cycle and "
              "momentum); Smith and Topin, [super-convergence](https://arxiv.org/abs/1708.07120) (2017: one large "
              "cycle); Loshchilov and Hutter, [SGDR](https://arxiv.org/abs/1608.03983) (2017: cosine restarts); "
              "Huang, [snapshot ensembles](https://arxiv.org/abs/1704.00109) (2017); Izmailov, "
              "[SWA](https://arxiv.org/abs/1803.05407) (2018: averaged weights); Cohen, [edge of "
              "stability](https://arxiv.org/abs/2103.00065) (2021: curvature and 2 / rate).")},
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

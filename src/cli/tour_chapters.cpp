// The chapters of the tour in their order. Those of an experiment show its claim and its answer.
#include "cli/tour_chapters.h"

namespace cyclone::cli {

std::vector<report::TourChapter> tour_chapters() {
    std::vector<report::TourChapter> chapters{valley_chapter(),
                                              limit_chapter(),
                                              floor_chapter(),
                                              cycle_chapter(),
                                              study_chapter(),
                                              budget_chapter(),
                                              range_chapter(),
                                              wrong_maximum_chapter(),
                                              step_size_chapter(),
                                              momentum_chapter(),
                                              super_convergence_chapter(),
                                              averages_chapter(),
                                              imbalance_chapter(),
                                              references_chapter()};
    for (report::TourChapter& chapter : chapters) {
        if (chapter.command.rfind("lab ", 0) == 0) {
            chapter.numbers = {{"claim", "claim", 0},
                               {"answer", "words", 0},
                               {"verdict", "answer", 0},
                               {"setting", "setting", 0},
                               {"not shown", "not_shown", 0}};
            chapter.found = {"The claim: {claim}", "The answer: {answer}", "What was run: {setting}",
                             "Not shown: {not shown}"};
            chapter.result = "claim: {verdict}";
        }
    }
    return chapters;
}

}  // namespace cyclone::cli

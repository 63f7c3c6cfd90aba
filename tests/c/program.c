/* program FILE: a C99 program that does everything once: trains, saves FILE, loads it, answers, measures. Fails with a
 * line that says where. Run under valgrind too (make valgrind). */

#include <cyclone/c.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 8, PIXELS = SIDE * SIDE, TRAIN = 64, VALIDATION = 16 };

static void need(int ok, const char* what) {
    if (ok) return;
    fprintf(stderr, "failed: %s\n%s\n", what, cyclone_last_error());
    exit(1);
}
#define OK(call) need((call) == CYCLONE_OK, #call)

/* Dark images of class 0, images with a light square of class 1. */
static void draw(uint8_t* pixels, int64_t* labels, int count) {
    unsigned state = 7;
    int i, p;
    for (i = 0; i < count; ++i) {
        labels[i] = i % 2;
        for (p = 0; p < PIXELS; ++p) {
            const int row = p / SIDE, column = p % SIDE;
            const int inside = row >= 2 && row < 6 && column >= 2 && column < 6;
            state = state * 1103515245u + 12345u;
            pixels[i * PIXELS + p] = (uint8_t)(20 + (state >> 16) % 40 + (labels[i] && inside ? 100 : 0));
        }
    }
}

static cyclone_images images_of(const uint8_t* pixels, int count) {
    cyclone_images images = {sizeof(cyclone_images), NULL, 0, {0, SIDE, SIDE, 1}, CYCLONE_U8, 0};
    images.pixels = pixels;
    images.length = (size_t)count * PIXELS;
    images.shape[0] = count;
    return images;
}

static int32_t count_updates(const cyclone_update* update, void* user) {
    int* seen = user;
    need(update->struct_size == sizeof *update && update->update == (uint64_t)*seen, "updates come one by one");
    need(update->learning_rate >= 0 && isfinite(update->loss), "an update has a rate and a loss");
    ++*seen;
    return 0;
}

static int32_t watch_epoch(const cyclone_epoch* epoch, void* user) {
    double* auc = user;
    need(epoch->epochs == 6, "the number of epochs is known");
    *auc = epoch->validation_auc;
    return 0;
}

static cyclone_classifier* train(const char* file) {
    static uint8_t pixels[TRAIN * PIXELS], held_out[VALIDATION * PIXELS];
    static int64_t labels[TRAIN], held_out_labels[VALIDATION];
    const char* names[] = {"dark", "light"};
    const char* const options[][2] = {{"model", "conv:4 relu pool flatten linear:classes"},
                                      {"schedule", "triangular"},
                                      {"step_size", "2epochs"},
                                      {"max-lr", "0.1"},
                                      {"epochs", "6"},
                                      {"batch-size", "16"},
                                      {"threads", "1"}};
    double auc = 0, losses[24], last[6];
    int updates = 0;
    size_t i, written = 0;
    const char* notes;
    cyclone_training* training;
    cyclone_classifier* trained;
    cyclone_images images = images_of(pixels, TRAIN), others = images_of(held_out, VALIDATION);
    draw(pixels, labels, TRAIN);
    draw(held_out, held_out_labels, VALIDATION);
    OK(cyclone_training_new(&training));
    for (i = 0; i < sizeof options / sizeof *options; ++i)
        OK(cyclone_training_set(training, options[i][0], options[i][1]));
    OK(cyclone_training_data(training, CYCLONE_TRAIN, &images, labels, TRAIN));
    OK(cyclone_training_data(training, CYCLONE_VALIDATION, &others, held_out_labels, VALIDATION));
    OK(cyclone_training_class_names(training, names, 2));
    OK(cyclone_training_on_update(training, count_updates, &updates));
    OK(cyclone_training_on_epoch(training, watch_epoch, &auc));
    OK(cyclone_training_run(training));
    need(updates == 24 && auc > 0.99, "24 updates that learn");
    OK(cyclone_training_history(training, "loss", losses, 24, &written));
    need(written == 24 && losses[23] < losses[0], "the loss falls");
    OK(cyclone_training_history(training, "validation_auc", last, 6, NULL));
    need(last[5] == auc, "the history says what the callback saw");
    OK(cyclone_training_notes(training, &notes));
    OK(cyclone_training_classifier(training, &trained));
    OK(cyclone_classifier_save(trained, file));
    OK(cyclone_training_free(training));
    return trained;
}

static void answer(const char* file, cyclone_classifier* trained) {
    static uint8_t pixels[VALIDATION * PIXELS];
    static int64_t labels[VALIDATION], chosen[VALIDATION];
    static float p[2 * VALIDATION], q[2 * VALIDATION];
    double scores[VALIDATION];
    cyclone_images images = images_of(pixels, VALIDATION);
    cyclone_classifier_info info = {0};
    cyclone_interval interval = {sizeof(cyclone_interval), 0, 0, 0};
    cyclone_classifier* loaded;
    const char* name;
    int i;
    draw(pixels, labels, VALIDATION);
    OK(cyclone_classifier_load(file, &loaded));
    info.struct_size = sizeof info;
    OK(cyclone_classifier_describe(loaded, &info));
    need(info.height == SIDE && info.channels == 1 && info.classes == 2 && info.type == CYCLONE_U8, "what it takes");
    OK(cyclone_classifier_class_name(loaded, 1, &name));
    need(strcmp(name, "light") == 0, "the names of the classes are in the file");
    OK(cyclone_classifier_probabilities(loaded, &images, p, 2 * VALIDATION, NULL));
    OK(cyclone_classifier_probabilities(trained, &images, q, 2 * VALIDATION, NULL));
    need(memcmp(p, q, sizeof p) == 0, "a network answers after loading as before saving");
    OK(cyclone_classifier_classify(loaded, &images, chosen, VALIDATION, NULL));
    for (i = 0; i < VALIDATION; ++i) {
        scores[i] = p[2 * i + 1];
        need(chosen[i] == labels[i], "the answers are right");
    }
    OK(cyclone_auc(labels, scores, VALIDATION, 0.95, &interval));
    need(interval.value == 1, "the AUC of right answers is 1");
    OK(cyclone_classifier_free(loaded));
    OK(cyclone_classifier_free(trained));
}

static void ask_a_schedule(void) {
    const cyclone_schedule_context context = {sizeof context, 0.1, 0.5, "2epochs", "8epochs", 2};
    const double expected[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.4, 0.3, 0.2, 0.1};
    double values[9];
    cyclone_schedule* schedule;
    int i;
    OK(cyclone_schedule_parse("triangular", &context, &schedule));
    OK(cyclone_schedule_values(schedule, NULL, 9, values));
    for (i = 0; i < 9; ++i) need(fabs(values[i] - expected[i]) < 1e-12, "a triangle");
    OK(cyclone_schedule_free(schedule));
    need(cyclone_schedule_parse("triangluar", &context, &schedule) == CYCLONE_USAGE &&
             strstr(cyclone_last_error(), "did you mean 'triangular'"),
         "a typo is named");
}

int main(int argc, char** argv) {
    need(argc == 2, "usage: program FILE");
    need(cyclone_version() == CYCLONE_VERSION_NUMBER && cyclone_abi() == CYCLONE_ABI, "the library is the header's");
    OK(cyclone_set_threads(1));
    answer(argv[1], train(argv[1]));
    ask_a_schedule();
    printf("cyclone %s, %s: ok\n", cyclone_version_text(), cyclone_backend());
    return 0;
}

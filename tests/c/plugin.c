/* A plugin of some host program: one function, which answers for one image of 8 x 8 grey levels. */

#include <cyclone/c.h>

int plugin_answer(const char* weights, const unsigned char* pixels, float* probabilities);

int plugin_answer(const char* weights, const unsigned char* pixels, float* probabilities) {
    cyclone_classifier* classifier;
    const cyclone_images image = {sizeof image, pixels, 64, {1, 8, 8, 1}, CYCLONE_U8, 0};
    int status = cyclone_set_threads(1);
    if (status == CYCLONE_OK) status = cyclone_classifier_load(weights, &classifier);
    if (status != CYCLONE_OK) return status;
    status = cyclone_classifier_probabilities(classifier, &image, probabilities, 2, 0);
    cyclone_classifier_free(classifier);
    return status;
}

/* The same in C, by libcyclone. */

#include <cyclone/c.h>

#include <stdio.h>

int main(int argc, char** argv) {
    static unsigned char pixels[64];
    float p[2];
    cyclone_classifier* net;
    cyclone_images image = {sizeof image, pixels, 64, {1, 8, 8, 1}, CYCLONE_U8, 0};
    if (argc != 2 || cyclone_classifier_load(argv[1], &net) ||
        cyclone_classifier_probabilities(net, &image, p, 2, NULL)) {
        fprintf(stderr, "%s\n", cyclone_last_error());
        return 1;
    }
    printf("%.3f %.3f\n", (double)p[0], (double)p[1]);
    return cyclone_classifier_free(net);
}

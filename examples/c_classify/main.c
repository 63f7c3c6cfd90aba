/* Weights in, an answer for each picture out, in C: all of it goes through <cyclone/c.h> and libcyclone. Pictures are
 * PGM (P5) and PPM (P6) files of 8 bits in the size of the network's images. */

#include <cyclone/c.h>

#include <stdio.h>
#include <stdlib.h>

/* The pixels of a PGM or PPM file of this size, or NULL. */
static unsigned char* read_picture(const char* path, const cyclone_classifier_info* info) {
    const size_t count = (size_t)(info->height * info->width * info->channels);
    int kind = 0, width = 0, height = 0, most = 0;
    unsigned char* pixels = malloc(count);
    FILE* file = fopen(path, "rb");
    int good = file && pixels && fscanf(file, "P%d %d %d %d", &kind, &width, &height, &most) == 4 && fgetc(file) != EOF;
    good =
        good && kind == (info->channels == 1 ? 5 : 6) && width == info->width && height == info->height && most == 255;
    good = good && fread(pixels, 1, count, file) == count;
    if (file) fclose(file);
    if (good) return pixels;
    free(pixels);
    fprintf(stderr, "c_classify: %s: expected a P%d file of %d x %d pixels of 8 bits\n", path,
            info->channels == 1 ? 5 : 6, (int)info->width, (int)info->height);
    return NULL;
}

static int failed(void) {
    fprintf(stderr, "c_classify: %s\n", cyclone_last_error());
    return 1;
}

int main(int argc, char** argv) {
    cyclone_classifier* net = NULL;
    cyclone_classifier_info info = {sizeof info, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0};
    int i;
    if (argc < 3) {
        fprintf(stderr, "c_classify: usage: c_classify WEIGHTS.safetensors PICTURE...\n");
        return 2;
    }
    if (cyclone_classifier_load(argv[1], &net) || cyclone_classifier_describe(net, &info)) return failed();
    for (i = 2; i < argc; ++i) {
        unsigned char* pixels = read_picture(argv[i], &info);
        float* p = calloc((size_t)info.classes, sizeof *p);
        const char* name;
        int64_t answer;
        cyclone_images image = {sizeof image,
                                pixels,
                                (size_t)(info.height * info.width * info.channels),
                                {1, info.height, info.width, info.channels},
                                CYCLONE_U8,
                                0};
        if (!pixels || !p) return 1;
        if (cyclone_classifier_probabilities(net, &image, p, (size_t)info.classes, NULL) ||
            cyclone_classifier_classify(net, &image, &answer, 1, NULL) ||
            cyclone_classifier_class_name(net, answer, &name))
            return failed();
        printf("%s: %s (%.3f)\n", argv[i], name, (double)p[answer]);
        free(p);
        free(pixels);
    }
    cyclone_classifier_free(net);
    return 0;
}

/* host PLUGIN WEIGHTS: a program that knows nothing of Cyclone loads the plugin, asks it and unloads it, five times. */

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef int (*answer_function)(const char* weights, const unsigned char* pixels, float* probabilities);

int main(int argc, char** argv) {
    unsigned char pixels[64];
    float first[2] = {0, 0}, p[2];
    int round;
    if (argc != 3) return 2;
    memset(pixels, 40, sizeof pixels);
    for (round = 0; round < 5; ++round) {
        answer_function answer;
        int status;
        void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (!plugin) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        *(void**)&answer = dlsym(plugin, "plugin_answer");
        status = answer(argv[2], pixels, p);
        if (round == 0) memcpy(first, p, sizeof p);
        if (status != 0 || memcmp(first, p, sizeof p) != 0 || p[0] < 0.5f || p[0] + p[1] < 0.999f) {
            fprintf(stderr, "round %d: status %d, %g and %g\n", round, status, (double)p[0], (double)p[1]);
            return 1;
        }
        if (answer("no such file", pixels, p) != 1) return 1;
        dlclose(plugin);
    }
    printf("%g\n", (double)first[0]);
    return 0;
}

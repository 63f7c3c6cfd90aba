// The installed program: everything is in cli::run().
#include <cyclone/cli/cli.h>

int main(int argc, char** argv) {
    cyclone::cli::restart_to_wait_briefly(argc, argv);
    return cyclone::cli::run(argc, argv);
}

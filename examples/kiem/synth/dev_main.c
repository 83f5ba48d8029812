/* The generator alone, for its tests; the kiem command calls the same two functions. */
#include "synth.h"

#include <stdio.h>

int main(int argc, char **argv) {
    char error[256] = "";
    struct synth_options options;
    synth_options_default(&options);
    int status = synth_options_parse(&options, argc - 1, argv + 1, error, sizeof error);
    if (status == SYNTH_OK) status = synth_run(&options, error, sizeof error);
    if (status != SYNTH_OK) fprintf(stderr, "%s\n", error);
    return status;
}

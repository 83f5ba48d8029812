/* Runs a fuzz target over the files named, for compilers without a fuzzer and as a test. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path) {
    FILE *file = fopen(path, "rb");
    long size = 0;
    uint8_t *data = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
    if (file && size >= 0) data = malloc((size_t)size + 1);
    int failed = 1;
    if (data) {
        rewind(file);
        failed = fread(data, 1, (size_t)size, file) != (size_t)size;
    }
    if (!failed) LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    if (file) fclose(file);
    if (failed) fprintf(stderr, "%s: cannot be read\n", path);
    return failed;
}

int main(int argc, char **argv) {
    int failed = argc < 2;
    for (int i = 1; i < argc; i++) failed |= replay(argv[i]);
    return failed;
}

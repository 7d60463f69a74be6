/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzzer as an ordinary test: runs every file of the folders given, or a single file, once.
 *
 *     fuzz_origin tests/fuzz/corpus/origin
 *
 * Says which file it is about to run, so that the last line names the one that broke it. A folder
 * without a file fails: a corpus that got lost proves nothing.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_MAX = 1024 * 1024, NAME_SIZE = 4096 };

static bool run_file(const char *path) {
    static uint8_t room[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    size_t len = fread(room, 1, sizeof room, file);
    bool is_read = ferror(file) == 0 && feof(file) != 0;
    (void)fclose(file);
    if (!is_read)
        return false;
    (void)printf("%s\n", path);
    (void)fflush(stdout);
    uint8_t *bytes = (uint8_t *)fuzz_copy(fuzz_input(room, len));
    (void)LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    return true;
}

/* How many files were run; -1: one that cannot be read. */
static int run_folder(const char *folder) {
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, alphasort), run = 0;
    for (int i = 0; i < count; i++) {
        char path[NAME_SIZE];
        bool is_hidden = names[i]->d_name[0] == '.';
        int len = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        free(names[i]);
        if (is_hidden || run < 0)
            continue;
        bool has_run = len > 0 && (size_t)len < sizeof path && run_file(path);
        run = has_run ? run + 1 : -1;
    }
    free(names);
    return run;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct stat what;
        bool is_folder = stat(argv[i], &what) == 0 && S_ISDIR(what.st_mode);
        int run = is_folder ? run_folder(argv[i]) : (run_file(argv[i]) ? 1 : -1);
        if (run <= 0) {
            (void)fprintf(stderr, "%s: %s\n", argv[i],
                          run == 0 ? "there is no input in it" : "an input cannot be read");
            return EXIT_FAILURE;
        }
        (void)printf("%s: %d inputs, nothing wrong\n", argv[i], run);
    }
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-turns MODE ROUNDS < PLAN: runs the programs of the plan and prints what each run took.
 *
 *   turns   ROUNDS rounds, in which each takes one turn: INDEX WALL_US CPU_US PEAK_KB, a line a run
 *   row     the first of the plan ROUNDS times, one after the other: WALL_US of all of it
 *   crowd   the same, started all at once
 *
 * The plan is words, each ended by a NUL: standard input, the arguments, an empty word, the
 * environment, an empty word; and so on. What they print is dropped.
 *
 * A small program of its own, since a process that starts another lends it its own peak of memory,
 * and an interpreter's is ten times that of what is measured here.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PLAN_MAX = 64 * 1024, ENTRIES_MAX = 32, WORDS_MAX = 32, CROWD_MAX = 1000 };

struct entry {
    const char *input;
    char *argv[WORDS_MAX];
    char *environment[WORDS_MAX];
};

static char plan[PLAN_MAX];
static struct entry entries[ENTRIES_MAX];
static size_t entries_len;
static posix_spawn_file_actions_t actions[ENTRIES_MAX];

static void die(const char *what) {
    (void)fprintf(stderr, "bench-turns: %s: %s\n", what, strerror(errno));
    exit(2);
}

static char *take_words(char *at, char **out_words) {
    for (size_t i = 0; *at != '\0'; at += strlen(at) + 1) {
        if (i + 1 == WORDS_MAX)
            die("the plan");
        out_words[i++] = at;
    }
    return at + 1;
}

static void read_plan(void) {
    size_t len = fread(plan, 1, sizeof plan - 2, stdin);
    for (char *at = plan; at < plan + len && entries_len < ENTRIES_MAX; entries_len++) {
        struct entry *entry = &entries[entries_len];
        entry->input = at;
        at = take_words(at + strlen(at) + 1, entry->argv);
        at = take_words(at, entry->environment);
        posix_spawn_file_actions_t *own = &actions[entries_len];
        if (posix_spawn_file_actions_init(own) != 0 ||
            posix_spawn_file_actions_addopen(own, 0, entry->input, O_RDONLY, 0) != 0 ||
            posix_spawn_file_actions_addopen(own, 1, "/dev/null", O_WRONLY, 0) != 0 ||
            posix_spawn_file_actions_adddup2(own, 1, 2) != 0)
            die("posix_spawn");
    }
    if (entries_len == 0)
        die("the plan");
}

static int64_t now_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static pid_t start(size_t index) {
    pid_t pid = 0;
    int failed = posix_spawn(&pid, entries[index].argv[0], &actions[index], NULL,
                             entries[index].argv, entries[index].environment);
    errno = failed;
    if (failed != 0)
        die(entries[index].argv[0]);
    return pid;
}

static void finish(size_t index, pid_t pid, struct rusage *used) {
    int status = 0;
    if (wait4(pid, &status, 0, used) != pid)
        die("wait4");
    errno = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die(entries[index].argv[0]);
}

static int64_t us_of(struct timeval time) {
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static void take_turns(int rounds) {
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < entries_len; i++) {
            struct rusage used;
            int64_t began = now_us();
            finish(i, start(i), &used);
            (void)printf("%zu %" PRId64 " %" PRId64 " %ld\n", i, now_us() - began,
                         us_of(used.ru_utime) + us_of(used.ru_stime), used.ru_maxrss);
        }
    }
}

static void run_many(int count, bool is_crowd) {
    static pid_t pids[CROWD_MAX];
    struct rusage used;
    int64_t began = now_us();
    for (int i = 0; i < count; i++) {
        pids[i] = start(0);
        if (!is_crowd)
            finish(0, pids[i], &used);
    }
    for (int i = 0; i < count && is_crowd; i++)
        finish(0, pids[i], &used);
    (void)printf("%" PRId64 "\n", now_us() - began);
}

int main(int argc, char **argv) {
    int rounds = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;
    if (rounds < 1 || rounds > CROWD_MAX) {
        (void)fputs("usage: bench-turns turns|row|crowd ROUNDS < PLAN\n", stderr);
        return 2;
    }
    read_plan();
    if (strcmp(argv[1], "turns") == 0)
        take_turns(rounds);
    else
        run_many(rounds, strcmp(argv[1], "crowd") == 0);
    return 0;
}

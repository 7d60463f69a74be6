/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library to be preloaded (LD_PRELOAD) that writes down what memory held when it was given back,
 * and what is left of it when the program ends. memory_watch.py reads it and looks for secrets.
 *
 * Each process appends to MEMORY_WATCH/<pid>: records of a struct head and the bytes. Blocks from
 * malloc are written down before free() and realloc(), which always moves here; mappings before
 * munmap(); every writable mapping, stacks with their dead frames among them, when the program
 * exits or raises a signal.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

/* The C library's own, which it exports under these names. */
extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

enum { FRAMES = 12, FD_LEAST = 200, LINE = 512, MAPS_MAX = 1 << 18, PAGE = 4096 };

struct head {
    char kind[16]; /* "freed", "unmapped", "left", "maps" */
    uint64_t len;
    uint64_t frames[FRAMES];
};

static int fd = -1;
/* A backtrace that loads its library allocates. */
static __thread bool is_busy;

static void note(const char *kind, const void *bytes, size_t len, bool has_frames) {
    struct head head = {.len = len};
    int before = errno;
    if (fd < 0 || is_busy || len == 0)
        return;
    is_busy = true;
    (void)snprintf(head.kind, sizeof head.kind, "%s", kind);
    if (has_frames)
        (void)backtrace((void **)(void *)head.frames, FRAMES);
    union {
        const void *in;
        void *out;
    } plain = {.in = bytes};
    /* One call, so that threads do not come in between; what cannot be read is padded. */
    struct iovec parts[] = {{&head, sizeof head}, {plain.out, len}};
    static const char zeros[4096];
    ssize_t done = writev(fd, parts, 2);
    size_t missing = sizeof head + len - (done > 0 ? (size_t)done : 0);
    while (done > 0 && missing > 0) {
        ssize_t more = write(fd, zeros, missing < sizeof zeros ? missing : sizeof zeros);
        if (more <= 0)
            break;
        missing -= (size_t)more;
    }
    is_busy = false;
    errno = before;
}

/* ---- Giving back ---- */

PUBLIC void free(void *block) {
    if (block == NULL)
        return;
    note("freed", block, malloc_usable_size(block), true);
    __libc_free(block);
}

PUBLIC void *realloc(void *block, size_t size) {
    if (block != NULL && size == 0) {
        free(block);
        return NULL;
    }
    void *moved = __libc_malloc(size);
    if (moved == NULL || block == NULL)
        return moved;
    size_t old = malloc_usable_size(block);
    memcpy(moved, block, old < size ? old : size);
    free(block);
    return moved;
}

PUBLIC int munmap(void *address, size_t len) {
    note("unmapped", address, len, true);
    return (int)syscall(SYS_munmap, address, len);
}

/* ---- The end ---- */

/* Read before anything is written down: the list may change under who reads it. */
static size_t read_maps(char *text, size_t size) {
    size_t used = 0;
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    for (ssize_t got = 1; maps >= 0 && got > 0 && used + 1 < size; used += (size_t)got) {
        got = read(maps, text + used, size - 1 - used);
        if (got < 0)
            got = 0;
    }
    (void)close(maps);
    text[used] = '\0';
    return used;
}

static char maps[MAPS_MAX];

/* Page by page, without those that hold nothing. */
static void note_left(const char *at, const char *end) {
    static const char zeros[PAGE];
    const char *from = at;
    for (; at < end; at += PAGE) {
        if (memcmp(at, zeros, PAGE) != 0)
            continue;
        note("left", from, (size_t)(at - from), false);
        from = at + PAGE;
    }
    note("left", from, (size_t)(end - from), false);
}

static void note_all(void) {
    size_t len = read_maps(maps, sizeof maps);
    note("maps", maps, len, false);
    for (char *line = maps, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        unsigned long from = 0, to = 0;
        char rights[8] = "";
        *end = '\0';
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[1] != 'w' ||
            rights[0] != 'r' || ((uintptr_t)maps >= from && (uintptr_t)maps < to))
            continue;
        note("where", line, (size_t)(end - line), false);
        note_left((const char *)from, (const char *)to);
    }
}

__attribute__((destructor)) static void end(void) {
    note_all();
}

PUBLIC int raise(int number) {
    note_all();
    return (int)syscall(SYS_tgkill, getpid(), gettid(), number);
}

__attribute__((constructor)) static void begin(void) {
    char path[LINE];
    const char *folder = getenv("MEMORY_WATCH");
    if (folder == NULL || snprintf(path, sizeof path, "%s/%d", folder, (int)getpid()) >= LINE)
        return;
    if (getenv("MEMORY_WATCH_ALONE") != NULL) /* not those that it starts */
        (void)unsetenv("LD_PRELOAD");
    void *warm[1]; /* the first call loads a library */
    (void)backtrace(warm, 1);
    int opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    fd = fcntl(opened, F_DUPFD_CLOEXEC, FD_LEAST);
    (void)close(opened);
}

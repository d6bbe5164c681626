/* A disk that is watched, and that fails when told to: an LD_PRELOAD shim of the calls with which SQLite writes.
 *
 * Passive until a process calls `disk_watch(prefix, log)`: from then on every write, truncation, sync, creation, removal
 * and renaming below `prefix` is put, in the order in which it happened and with its bytes, at the end of `log`; see
 * tests/faults/disk.py for the format. `disk_fail(call, nth, count, code)` makes calls `nth` to `nth + count - 1` of a
 * kind (0 write, 1 sync) fail with errno `code`, before anything is written.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, SYNC, CREATE, REMOVE, RENAME };

#define MOST_FILES 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char prefix[PATH_MAX];
static size_t prefix_length;
static int watching;
static int log_fd = -1;
static char names[MOST_FILES][256]; /* by descriptor; empty: not below the prefix */
static long passed[2], first[2], last[2];
static int code[2];

static void put(uint8_t kind, const char *name, const char *other, uint64_t offset, const void *data, uint32_t length) {
    uint16_t name_length = strlen(name), other_length = strlen(other);
    struct __attribute__((packed)) { uint8_t kind; uint16_t name, other; uint64_t offset; uint32_t length; } head = {
        kind, name_length, other_length, offset, length};
    if (log_fd < 0) return;
    syscall(SYS_write, log_fd, &head, sizeof head);
    syscall(SYS_write, log_fd, name, name_length);
    syscall(SYS_write, log_fd, other, other_length);
    if (length) syscall(SYS_write, log_fd, data, length);
}

static const char *below(const char *path) {
    if (!watching || strncmp(path, prefix, prefix_length) || (path[prefix_length] && path[prefix_length] != '/')) return 0;
    return path[prefix_length] ? path + prefix_length + 1 : ".";
}

static const char *name_of(int fd) {
    return watching && fd >= 0 && fd < MOST_FILES && names[fd][0] ? names[fd] : 0;
}

static int failing(int call) {
    passed[call]++;
    if (!code[call] || passed[call] < first[call] || passed[call] > last[call]) return 0;
    errno = code[call];
    return 1;
}

void disk_watch(const char *folder, const char *log) {
    pthread_mutex_lock(&lock);
    snprintf(prefix, sizeof prefix, "%s", folder);
    prefix_length = strlen(prefix);
    log_fd = *log ? syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    watching = 1;
    pthread_mutex_unlock(&lock);
}

void disk_fail(int call, long nth, long count, int with) {
    pthread_mutex_lock(&lock);
    passed[call] = 0;
    first[call] = nth;
    last[call] = nth + count - 1;
    code[call] = with;
    pthread_mutex_unlock(&lock);
}

long disk_passed(int call) { return passed[call]; }

static int opened(const char *path, int flags, mode_t mode) {
    const char *name = below(path);
    int fd, fresh;
    if (!name) return syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
    pthread_mutex_lock(&lock);
    fresh = (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) < 0;
    fd = syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
    if (fd >= 0 && fd < MOST_FILES) snprintf(names[fd], sizeof names[fd], "%s", name);
    if (fd >= 0 && fresh) put(CREATE, name, "", 0, 0, 0);
    if (fd >= 0 && (flags & O_TRUNC)) put(TRUNCATE, name, "", 0, 0, 0);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN(NAME)                                   \
    int NAME(const char *path, int flags, ...) {     \
        mode_t mode = 0;                             \
        if (flags & (O_CREAT | O_TMPFILE)) {         \
            va_list more;                            \
            va_start(more, flags);                   \
            mode = va_arg(more, int);                \
            va_end(more);                            \
        }                                            \
        return opened(path, flags, mode);            \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (name_of(fd)) names[fd][0] = 0;
    return syscall(SYS_close, fd);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    const char *name = name_of(fd);
    ssize_t done;
    if (!name) return syscall(SYS_pwrite64, fd, data, length, offset);
    pthread_mutex_lock(&lock);
    done = failing(0) ? -1 : syscall(SYS_pwrite64, fd, data, length, offset);
    if (done > 0) put(WRITE, name, "", offset, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length) {
    const char *name = name_of(fd);
    ssize_t done;
    if (!name) return syscall(SYS_write, fd, data, length);
    pthread_mutex_lock(&lock);
    off64_t offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
    done = strcmp(name, "acks") && failing(0) ? -1 : syscall(SYS_write, fd, data, length); /* what was said was said */
    if (done > 0) put(WRITE, name, "", offset, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int fd, off64_t length) {
    const char *name = name_of(fd);
    int done;
    if (!name) return syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    done = failing(0) ? -1 : syscall(SYS_ftruncate, fd, length);
    if (!done) put(TRUNCATE, name, "", length, 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int synced(int fd, long number) {
    const char *name = name_of(fd);
    int done;
    if (!name) return syscall(number, fd);
    pthread_mutex_lock(&lock);
    done = failing(1) ? -1 : 0; /* the disk behind this is made up: nothing has to spin */
    if (!done) put(SYNC, name, "", 0, 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int unlink(const char *path) {
    const char *name = below(path);
    int done;
    if (!name) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    pthread_mutex_lock(&lock);
    done = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (!done) put(REMOVE, name, "", 0, 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int rename(const char *from, const char *to) {
    const char *name = below(from), *other = below(to);
    int done;
    if (!name || !other) return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    pthread_mutex_lock(&lock);
    done = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (!done) put(RENAME, name, other, 0, 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

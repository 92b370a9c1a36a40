/* journal_files.c: a journal's store in files.
 *
 *     <directory>/<first sequence>.journal   segments
 *     <directory>/lock                       held while a desk uses it
 *     <memory>/cockpit-<user>-<journal>      the ring: in /dev/shm, or beside the segments
 *
 * The ring belongs on a file system of memory: pages of a file on disk are write-protected
 * each time they are written back, and the desk's thread would stop for that.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mishap.h"
#include "drive/journal.h"

#define NAME_SIZE 64
#define MEMORY_DIRECTORY "/dev/shm"
#define SUFFIX ".journal"
#define PATH_OFFSET 64 /* in the ring's first page: whose it is */

typedef struct files {
    int directory;
    int lock;
    int segment; /* being written, -1 for none */
    uint64_t used;
    uint32_t count;
    uint64_t *firsts; /* of each segment, ascending */
    uint8_t *mapped;
    uint64_t mapped_size;
    int head_directory; /* where the ring is */
    int ring;           /* open and locked as long as it is mapped, -1 for none */
    uint8_t *head;
    char head_name[NAME_SIZE];
    char path[CP_PATH_SIZE]; /* of the directory */
} files;

static void name_segment(char name[NAME_SIZE], uint64_t first)
{
    snprintf(name, NAME_SIZE, "%020llu" SUFFIX, (unsigned long long)first);
}

static void unmap(files *f)
{
    if (f->mapped)
        munmap(f->mapped, f->mapped_size);
    f->mapped = NULL;
}

/* ---- reading ---------------------------------------------------------------------------- */

static uint32_t files_count(void *self)
{
    return ((files *)self)->count;
}

static int files_map(void *self, uint32_t index, const uint8_t **bytes, uint64_t *size,
                     uint64_t *first)
{
    files *f = self;
    char name[NAME_SIZE];
    unmap(f);
    name_segment(name, f->firsts[index]);
    int fd = openat(f->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    struct stat status;
    int result = fstat(fd, &status) != 0 ? -errno : 0;
    *first = f->firsts[index];
    *size = result == 0 ? (uint64_t)status.st_size : 0;
    *bytes = NULL;
    if (result == 0 && *size > 0) {
        void *memory = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        result = memory == MAP_FAILED ? -errno : 0;
        f->mapped = result == 0 ? memory : NULL;
        f->mapped_size = *size;
        *bytes = f->mapped;
    }
    close(fd);
    return result;
}

/* ---- writing ---------------------------------------------------------------------------- */

static int sync_directory(const files *f)
{
    return fsync(f->directory) != 0 ? -errno : 0;
}

static int files_reopen(void *self, uint32_t count, uint64_t size)
{
    files *f = self;
    char name[NAME_SIZE];
    unmap(f);
    for (; f->count > count; f->count--) {
        name_segment(name, f->firsts[f->count - 1]);
        if (unlinkat(f->directory, name, 0) != 0)
            return -errno;
    }
    if (count == 0)
        return sync_directory(f);
    name_segment(name, f->firsts[count - 1]);
    f->segment = openat(f->directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (f->segment < 0)
        return -errno;
    f->used = size;
    return ftruncate(f->segment, (off_t)size) != 0 ? -errno : 0;
}

static int files_open(void *self, uint64_t first, uint64_t size_max)
{
    files *f = self;
    char name[NAME_SIZE];
    CP_ASSERT(f->segment < 0);
    uint64_t *firsts = realloc(f->firsts, (f->count + 1) * sizeof *firsts);
    if (!firsts)
        return -ENOMEM;
    f->firsts = firsts;
    name_segment(name, first);
    f->segment = openat(f->directory, name,
                        O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->segment < 0)
        return -errno;
    f->used = 0;
    f->firsts[f->count++] = first;
    /* The blocks now, so that a full disk is found out here. */
    int result = posix_fallocate(f->segment, 0, (off_t)size_max);
    if (result != 0 && result != EOPNOTSUPP && result != EINVAL)
        return -result;
    return sync_directory(f);
}

static int files_write(void *self, const void *bytes, uint64_t size)
{
    files *f = self;
    const uint8_t *from = bytes;
    while (size > 0) {
        ssize_t wrote = pwrite(f->segment, from, size, (off_t)f->used);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? -errno : -EIO;
        from += wrote;
        size -= (uint64_t)wrote;
        f->used += (uint64_t)wrote;
    }
    return 0;
}

static int files_sync(void *self)
{
    files *f = self;
    if (f->segment < 0)
        return 0;
    return fdatasync(f->segment) != 0 ? -errno : 0;
}

/* Without the room it did not need. */
static void files_close(void *self)
{
    files *f = self;
    if (f->segment < 0)
        return;
    if (ftruncate(f->segment, (off_t)f->used) != 0) {
        /* Zeros at the end do no harm. */
    }
    close(f->segment);
    f->segment = -1;
}

/* ---- the ring --------------------------------------------------------------------------- */

static void choose_head_directory(files *f)
{
    struct statfs status;
    int memory = open(MEMORY_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool usable = memory >= 0 && fstatfs(memory, &status) == 0 &&
                  status.f_type == TMPFS_MAGIC &&
                  faccessat(memory, ".", W_OK | X_OK, 0) == 0;
    if (!usable && memory >= 0)
        close(memory);
    f->head_directory = usable ? memory : f->directory;
}

static void unmap_head(files *f)
{
    if (f->head)
        munmap(f->head, CP_JOURNAL_HEAD_SIZE);
    if (f->ring >= 0)
        close(f->ring);
    f->ring = -1;
    f->head = NULL;
}

static int files_head(void *self, uint64_t journal_id, bool make, uint8_t **memory)
{
    files *f = self;
    unmap_head(f);
    snprintf(f->head_name, NAME_SIZE, "cockpit-%u-%016llx", (unsigned)geteuid(),
             (unsigned long long)journal_id);
    *memory = NULL;
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT : 0);
    int fd = openat(f->head_directory, f->head_name, flags, 0600);
    if (fd < 0)
        return !make && errno == ENOENT ? 0 : -errno;
    /* Anybody may make files there: it has to be our own. */
    struct stat status;
    int result = fstat(fd, &status) != 0 ? -errno : 0;
    if (result == 0 && (!S_ISREG(status.st_mode) || status.st_uid != geteuid()))
        result = -EPERM;
    if (result == 0)
        result = -posix_fallocate(fd, 0, CP_JOURNAL_HEAD_SIZE);
    if (result == 0) {
        void *mapped = mmap(NULL, CP_JOURNAL_HEAD_SIZE, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_POPULATE, fd, 0);
        result = mapped == MAP_FAILED ? -errno : 0;
        f->head = result == 0 ? mapped : NULL;
    }
    /* Who sees no directory of ours, from where he is, sees that somebody lives here. */
    f->ring = result == 0 && flock(fd, LOCK_SH | LOCK_NB) == 0 ? fd : -1;
    if (f->ring < 0)
        close(fd);
    if (result == 0 && make)
        memcpy(f->head + PATH_OFFSET, f->path, sizeof f->path);
    *memory = f->head;
    return result;
}

static void files_drop_head(void *self)
{
    files *f = self;
    unmap_head(f);
    if (f->head_name[0])
        unlinkat(f->head_directory, f->head_name, 0);
}

/* A ring that nobody uses and whose directory is gone will never be asked for again: a desk
 * was killed and its journal thrown away. */
static void drop_if_orphan(int directory, const char *name)
{
    char path[CP_PATH_SIZE] = "";
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    bool own = fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
               pread(fd, path, sizeof path, PATH_OFFSET) == (ssize_t)sizeof path;
    path[sizeof path - 1] = 0;
    if (own && path[0] == '/' && access(path, F_OK) != 0 && errno == ENOENT &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(directory, name, 0);
    if (fd >= 0)
        close(fd);
}

static void drop_orphans(const files *f)
{
    if (f->head_directory == f->directory)
        return;
    int fd = openat(f->head_directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (!stream) {
        if (fd >= 0)
            close(fd);
        return;
    }
    char prefix[NAME_SIZE];
    snprintf(prefix, sizeof prefix, "cockpit-%u-", (unsigned)geteuid());
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            drop_if_orphan(f->head_directory, entry->d_name);
    closedir(stream);
}

/* ---- the directory ---------------------------------------------------------------------- */

static void files_destroy(void *self)
{
    files *f = self;
    unmap(f);
    unmap_head(f);
    if (f->segment >= 0)
        close(f->segment);
    if (f->head_directory >= 0 && f->head_directory != f->directory)
        close(f->head_directory);
    if (f->lock >= 0)
        close(f->lock);
    if (f->directory >= 0)
        close(f->directory);
    free(f->firsts);
    free(f);
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static int list_segments(files *f)
{
    int fd = openat(f->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (!stream) {
        int error = -errno;
        if (fd >= 0)
            close(fd);
        return error;
    }
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(stream)) != NULL;) {
        char *end;
        uint64_t first = strtoull(entry->d_name, &end, 10);
        if (end != entry->d_name + 20 || strcmp(end, SUFFIX) != 0 || first == 0)
            continue;
        uint64_t *firsts = realloc(f->firsts, (f->count + 1) * sizeof *firsts);
        if (!firsts)
            result = -ENOMEM;
        else {
            f->firsts = firsts;
            f->firsts[f->count++] = first;
        }
    }
    closedir(stream);
    if (f->count > 0)
        qsort(f->firsts, f->count, sizeof *f->firsts, compare);
    return result;
}

static int take_directory(files *f, const char *directory, char *error)
{
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return -errno;
    f->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->directory < 0)
        return -errno;
    f->lock =
        openat(f->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->lock < 0)
        return -errno;
    if (flock(f->lock, LOCK_EX | LOCK_NB) != 0) {
        snprintf(error, CP_ERROR_SIZE, "journal: another desk is using %.150s",
                 directory);
        return -EBUSY;
    }
    char *whole = realpath(directory, NULL);
    if (!whole)
        return -errno;
    snprintf(f->path, sizeof f->path, "%s", whole);
    free(whole);
    choose_head_directory(f);
    drop_orphans(f);
    return list_segments(f);
}

int cp_store_files(cp_store *store, const char *directory, char *error)
{
    files *f = calloc(1, sizeof *f);
    if (!f)
        return -ENOMEM;
    f->directory = f->lock = f->segment = f->head_directory = f->ring = -1;
    error[0] = 0;
    int result = take_directory(f, directory, error);
    if (result != 0) {
        if (!error[0])
            snprintf(error, CP_ERROR_SIZE, "journal: %.150s: %s", directory,
                     strerror(-result));
        files_destroy(f);
        return result;
    }
    *store = (cp_store){ .self = f,
                         .count = files_count,
                         .map = files_map,
                         .reopen = files_reopen,
                         .open = files_open,
                         .write = files_write,
                         .sync = files_sync,
                         .close = files_close,
                         .head = files_head,
                         .drop_head = files_drop_head,
                         .destroy = files_destroy };
    return 0;
}

/* broken_disk.c: a disk that fails, for a process that is started with this before the C
 * library (LD_PRELOAD). While the file BROKEN_WRITE names is there, writes to journals end
 * with EIO; while the one BROKEN_SYNC names is there, syncs do. Each that failed is a byte
 * more in that file.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(const char *which)
{
    const char *path = getenv(which);
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    if (write(fd, "x", 1) != 1)
        abort();
    close(fd);
    errno = EIO;
    return 1;
}

int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return fails("BROKEN_SYNC") ? -1 : real(fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    return fails("BROKEN_WRITE") ? -1 : real(fd, bytes, size, offset);
}

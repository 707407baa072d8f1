// Stands between a program and libc for the files of one store: writes down what the disk was asked for, or lets it fail.
//
// DISK_STORE    path of the store; its -wal and -journal count too, -shm does not: it is memory, and gone after a power loss
// DISK_LOG      where each operation is written down, with its data, in the order in which they were done
// DISK_CONTROL  a file of `struct control`, shared with the test
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum operation { WRITE = 1, TRUNCATE, SYNC, CREATE, REMOVE };
enum file { NONE, STORE, WAL, JOURNAL, FOLDER };

struct control {
  int64_t countdown; // the operation that fails first; 0: none
  int64_t error;
  int64_t once;      // 0: all that follow fail too
  int64_t seen;
  int64_t failed;
};

struct entry {
  uint8_t operation, file;
  uint16_t unused;
  uint32_t length; // of the data that follows
  int64_t offset;  // of a write; the size of a truncation
  int64_t begun_ns, ended_ns;
};

#define MOST_FILES 4096
static uint8_t files[MOST_FILES];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *store;
static size_t folder_length;
static struct control *control;
static int log_fd = -1;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  store = getenv("DISK_STORE");
  if (store == NULL) return;
  const char *slash = strrchr(store, '/');
  folder_length = slash == NULL ? 0 : (size_t)(slash - store);
  const char *log = getenv("DISK_LOG"), *shared = getenv("DISK_CONTROL");
  if (log != NULL) log_fd = REAL(open64)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (shared == NULL) return;
  int fd = REAL(open64)(shared, O_RDWR | O_CLOEXEC);
  void *memory = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory != MAP_FAILED) control = memory;
  REAL(close)(fd);
}

static enum file file_of(const char *path) {
  if (store == NULL) return NONE;
  if (strlen(path) == folder_length && strncmp(path, store, folder_length) == 0) return FOLDER;
  size_t length = strlen(store);
  if (strncmp(path, store, length) != 0) return NONE;
  if (path[length] == '\0') return STORE;
  if (strcmp(path + length, "-wal") == 0) return WAL;
  return strcmp(path + length, "-journal") == 0 ? JOURNAL : NONE;
}

static enum file file_at(int fd) { return fd >= 0 && fd < MOST_FILES ? files[fd] : NONE; }

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void put(const void *data, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t count = REAL(write)(log_fd, (const char *)data + done, length - done);
    if (count <= 0) abort();
    done += count;
  }
}

static void note(enum operation operation, enum file file, int64_t begun_ns, int64_t offset, const void *data, size_t length) {
  if (log_fd < 0) return;
  struct entry entry = {operation, file, 0, length, offset, begun_ns, now_ns()};
  put(&entry, sizeof entry);
  if (length > 0) put(data, length);
}

// Whether this operation is one that fails; sets errno.
static int fails(void) {
  if (control == NULL) return 0;
  int64_t number = ++control->seen;
  if (control->countdown == 0 || number < control->countdown) return 0;
  if (control->once) control->countdown = 0;
  control->failed++;
  errno = control->error;
  return 1;
}

static int opened(const char *path, int flags, mode_t mode, int existed, enum file file) {
  int64_t begun_ns = now_ns();
  int fd = REAL(open64)(path, flags, mode);
  if (fd < 0 || fd >= MOST_FILES) return fd;
  files[fd] = file;
  if ((flags & O_CREAT) != 0 && !existed) note(CREATE, file, begun_ns, 0, NULL, 0);
  return fd;
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, int) : 0;
  va_end(rest);
  enum file file = file_of(path);
  if (file == NONE) return REAL(open64)(path, flags, mode);
  pthread_mutex_lock(&turn);
  int fd = opened(path, flags, mode, access(path, F_OK) == 0, file);
  int error = errno;
  pthread_mutex_unlock(&turn);
  errno = error;
  return fd;
}

int open(const char *path, int flags, ...) __attribute__((alias("open64")));

int close(int fd) {
  if (file_at(fd) != NONE) files[fd] = NONE;
  return REAL(close)(fd);
}

int unlink(const char *path) {
  enum file file = file_of(path);
  if (file == NONE) return REAL(unlink)(path);
  pthread_mutex_lock(&turn);
  int64_t begun_ns = now_ns();
  int result = REAL(unlink)(path);
  int error = errno;
  if (result == 0) note(REMOVE, file, begun_ns, 0, NULL, 0);
  pthread_mutex_unlock(&turn);
  errno = error;
  return result;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  enum file file = file_at(fd);
  if (file == NONE) return REAL(pwrite64)(fd, data, length, offset);
  pthread_mutex_lock(&turn);
  int64_t begun_ns = now_ns();
  ssize_t count = fails() ? -1 : REAL(pwrite64)(fd, data, length, offset);
  int error = errno;
  if (count > 0) note(WRITE, file, begun_ns, offset, data, count);
  pthread_mutex_unlock(&turn);
  errno = error;
  return count;
}

ssize_t write(int fd, const void *data, size_t length) {
  if (file_at(fd) == NONE) return REAL(write)(fd, data, length);
  off64_t offset = lseek64(fd, 0, SEEK_CUR);
  ssize_t count = pwrite64(fd, data, length, offset);
  if (count > 0) lseek64(fd, offset + count, SEEK_SET);
  return count;
}

int ftruncate64(int fd, off64_t size) {
  enum file file = file_at(fd);
  if (file == NONE) return REAL(ftruncate64)(fd, size);
  pthread_mutex_lock(&turn);
  int64_t begun_ns = now_ns();
  int result = fails() ? -1 : REAL(ftruncate64)(fd, size);
  int error = errno;
  if (result == 0) note(TRUNCATE, file, begun_ns, size, NULL, 0);
  pthread_mutex_unlock(&turn);
  errno = error;
  return result;
}

static int synced(int fd, int (*sync)(int)) {
  enum file file = file_at(fd);
  if (file == NONE) return sync(fd);
  pthread_mutex_lock(&turn);
  int64_t begun_ns = now_ns();
  int result = fails() ? -1 : sync(fd);
  int error = errno;
  if (result == 0) note(SYNC, file, begun_ns, 0, NULL, 0);
  pthread_mutex_unlock(&turn);
  errno = error;
  return result;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

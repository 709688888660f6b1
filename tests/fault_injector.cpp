// Loaded into gsd-run (LD_PRELOAD), lets chosen calls of the C library fail; its children are left alone.
//
//   GSD_INJECT=write:37:28     the 37th write fails with errno 28
//   GSD_INJECT=write:37+:28    and all after it
//   GSD_INJECT_COUNTS=FILE     how many calls of each kind there were is written there at the end
//
// Kinds: write (also pwrite), fsync (also fdatasync), rename, create (an open that may make a file), mkdir,
// clone. Writes to the standard streams do not count.
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum Kind { kWrite, kFsync, kRename, kCreate, kMkdir, kClone, kKinds };
constexpr std::array<const char*, kKinds> kNames = {"write", "fsync", "rename", "create", "mkdir", "clone"};

struct Injector {
  std::array<int, kKinds> counts = {};
  int kind = -1, number = 0, error = 0;
  bool on = false, from_then_on = false;

  Injector() {
    std::array<char, 4096> program = {};
    const ssize_t length = readlink("/proc/self/exe", program.data(), program.size() - 1);
    on = length > 0 && std::strcmp(basename(program.data()), "gsd-run") == 0;
    const char* wanted = getenv("GSD_INJECT");
    if (wanted == nullptr) return;
    for (int i = 0; i < kKinds; ++i)
      if (std::strncmp(wanted, kNames[i], std::strlen(kNames[i])) == 0) kind = i;
    const char* colon = std::strchr(wanted, ':');
    const char* second = colon == nullptr ? nullptr : std::strchr(colon + 1, ':');
    if (second == nullptr) abort();
    number = std::atoi(colon + 1);
    from_then_on = second[-1] == '+';
    error = std::atoi(second + 1);
  }
  ~Injector() {
    const char* file = getenv("GSD_INJECT_COUNTS");
    if (!on || file == nullptr) return;
    on = false;
    if (std::FILE* out = std::fopen(file, "w")) {
      for (size_t i = 0; i < kKinds; ++i) std::fprintf(out, "%s %d\n", kNames[i], counts[i]);
      std::fclose(out);
    }
  }
  // The C library calls some of these before constructors run; then nothing is counted.
  bool Fails(Kind of) {
    if (!on) return false;
    const int count = ++counts[of];
    if (of != kind || !(count == number || (from_then_on && count > number))) return false;
    errno = error;
    return true;
  }
};
Injector injector;

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t)>("write");
  return fd > 2 && injector.Fails(kWrite) ? -1 : real(fd, bytes, size);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return injector.Fails(kWrite) ? -1 : real(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return injector.Fails(kWrite) ? -1 : real(fd, bytes, size, at);
}
int fsync(int fd) {
  static const auto real = Real<int (*)(int)>("fsync");
  return injector.Fails(kFsync) ? -1 : real(fd);
}
int fdatasync(int fd) {
  static const auto real = Real<int (*)(int)>("fdatasync");
  return injector.Fails(kFsync) ? -1 : real(fd);
}
int rename(const char* from, const char* to) {
  static const auto real = Real<int (*)(const char*, const char*)>("rename");
  return injector.Fails(kRename) ? -1 : real(from, to);
}
int mkdir(const char* path, mode_t mode) {
  static const auto real = Real<int (*)(const char*, mode_t)>("mkdir");
  return injector.Fails(kMkdir) ? -1 : real(path, mode);
}
int open(const char* path, int flags, ...) {
  static const auto real = Real<int (*)(const char*, int, mode_t)>("open");
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>(va_arg(more, int));
  va_end(more);
  return (flags & O_CREAT) != 0 && injector.Fails(kCreate) ? -1 : real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  static const auto real = Real<int (*)(const char*, int, mode_t)>("open64");
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>(va_arg(more, int));
  va_end(more);
  return (flags & O_CREAT) != 0 && injector.Fails(kCreate) ? -1 : real(path, flags, mode);
}
int clone(int (*function)(void*), void* stack, int flags, void* argument, ...) {
  static const auto real = Real<int (*)(int (*)(void*), void*, int, void*, ...)>("clone");
  return injector.Fails(kClone) ? -1 : real(function, stack, flags, argument);
}
}

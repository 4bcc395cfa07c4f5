// What base R cannot do with processes: fork with the exit status kept, groups, a private channel, locks.
// [[Rcpp::plugins(cpp17)]]
#include <Rcpp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <malloc.h>
#include <poll.h>
#include <string>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <R_ext/eventloop.h>
#include <Rembedded.h>

extern "C" char R_isForkedChild;  // its first byte: the type behind it differs between versions of R

namespace {

// MADV_COLLAPSE, which the headers of older systems do not name
constexpr int collapse_advice = 25;

volatile std::sig_atomic_t stop_signal = 0;

void remember_signal(int signal) { stop_signal = signal; }

void close_all_but(int kept) {
  DIR* listing = opendir("/proc/self/fd");
  if (listing == nullptr) return;
  int own = dirfd(listing);
  while (dirent* entry = readdir(listing)) {
    int fd = std::atoi(entry->d_name);
    if (fd > STDERR_FILENO && fd != own && fd != kept) close(fd);
  }
  closedir(listing);
}

void fail(const char* what) { Rcpp::stop("%s failed: %s", what, std::strerror(errno)); }

}  // namespace

//' Fork; 0 in the child. The child dies with its parent, holds none of its sockets and none of its events,
//' and has its temporary files in `<folder>/tmp`.
// [[Rcpp::export]]
int fork_process(std::string name, std::string folder, int kept_fd = -1) {
  std::fflush(nullptr);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid > 0) return pid;

  R_isForkedChild = 1;
  R_InputHandlers = nullptr;  // otherwise Sys.sleep() here would run the parent's timers
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // the parent died before the line above
  prctl(PR_SET_NAME, name.c_str());
  setpgid(0, 0);
  // quit() would otherwise wait for threads of the parent's that are not here
  on_exit([](int status, void*) { _exit(status); }, nullptr);
  // R's own handler of a crash would delete the temporary folder shared with the parent
  for (int signal : {SIGTERM, SIGINT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) std::signal(signal, SIG_DFL);
  R_TempDir = strdup((folder + "/tmp").c_str());
  mkdir(R_TempDir, 0700);
  setenv("TMPDIR", folder.c_str(), 1);
  int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  close_all_but(kept_fd);
  return 0;
}

//' Leave at once: no finalizer and no exit hook of the parent's runs.
// [[Rcpp::export]]
void exit_process(int status) {
  std::fflush(nullptr);
  _exit(status);
}

//' NULL while the child lives; else `c(exit =, signal =)`, one of them NA. What the child left running is killed.
// [[Rcpp::export]]
Rcpp::RObject reap_process(int pid) {
  siginfo_t info = {};
  if (waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) fail("waitid");
  if (info.si_pid == 0) return R_NilValue;
  kill(-pid, SIGKILL);  // before the id is free to be given to another group
  waitpid(pid, nullptr, 0);
  bool exited = info.si_code == CLD_EXITED;
  return Rcpp::IntegerVector::create(Rcpp::_["exit"] = exited ? info.si_status : NA_INTEGER,
                                     Rcpp::_["signal"] = exited ? NA_INTEGER : info.si_status);
}

//' Kill a child and all that it started.
// [[Rcpp::export]]
void kill_process(int pid) {
  if (kill(-pid, SIGKILL) < 0) kill(pid, SIGKILL);
}

//' A private connection between this process and one it is about to fork: two file descriptors.
// [[Rcpp::export]]
Rcpp::IntegerVector open_channel() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) fail("socketpair");
  return Rcpp::IntegerVector::create(fds[0], fds[1]);
}

// [[Rcpp::export]]
void close_channel(int fd) { close(fd); }

//' False when nobody listens any more.
// [[Rcpp::export]]
bool send_command(int fd, std::string command) {
  return send(fd, command.data(), command.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(command.size());
}

//' The next command, NULL after the time given (in milliseconds; -1 waits for ever), "" when the sender is gone.
// [[Rcpp::export]]
Rcpp::RObject receive_command(int fd, int timeout_ms) {
  pollfd waiting = {fd, POLLIN, 0};
  if (poll(&waiting, 1, timeout_ms) <= 0) return R_NilValue;
  char buffer[4096];
  ssize_t size = recv(fd, buffer, sizeof buffer, 0);
  return Rcpp::wrap(std::string(buffer, size > 0 ? size : 0));
}

//' Lock a file for the life of this process; false when another living process holds it.
// [[Rcpp::export]]
bool lock_file(std::string path) {
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  close(fd);
  return false;
}

//' Wait until no other process holds a folder, and hold it: the descriptor to close when done, or -1 where none can.
// [[Rcpp::export]]
int lock_folder(std::string path) {
  int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}

//' How much still fits into the file system of a folder.
// [[Rcpp::export]]
double free_bytes(std::string folder) {
  struct statvfs space = {};
  if (statvfs(folder.c_str(), &space) < 0) fail("statvfs");
  if (space.f_blocks == 0) return R_PosInf;  // a file system without a limit
  return static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
}

//' Gather this process's memory into huge pages, which leave a fork less to copy; a no-op on Linux before 6.1.
// [[Rcpp::export]]
void gather_memory() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long start = 0, end = 0, inode = 0;
    char access[5] = "";
    std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %lu", &start, &end, access, &inode);
    bool own = inode == 0 && std::strcmp(access, "rw-p") == 0 && line.find("[stack") == std::string::npos;
    if (own) madvise(reinterpret_cast<void*>(start), end - start, collapse_advice);
  }
}

//' Seconds on a clock that nobody sets.
// [[Rcpp::export]]
double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

//' From now on SIGTERM and SIGINT are only noted.
// [[Rcpp::export]]
void note_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = remember_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

// [[Rcpp::export]]
int noted_stop_signal() { return stop_signal; }

//' How many processors this process may run on.
// [[Rcpp::export]]
int hardware_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

// Give free memory back to the kernel.
// [[Rcpp::export]]
void release_memory() { malloc_trim(0); }

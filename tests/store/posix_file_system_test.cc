// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel does to writes now and then: takes a part, or is
// interrupted by a signal before it takes any.

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

// Interrupts the calls of this thread a thousand times a second.
class Interruptions {
 public:
  Interruptions() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};  // no SA_RESTART
    sigaction(SIGALRM, &action, &before_);
    Every(1000);
  }
  ~Interruptions() {
    Every(0);
    sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  static void Every(int microseconds) {
    const itimerval every = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &every, nullptr);
  }
  struct sigaction before_ = {};
};

// Reads a pipe to its end, a little at a time, so that its writer waits.
std::thread ReadSlowly(const std::string& path, Bytes* bytes) {
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarm, nullptr);  // which the thread inherits
  std::thread reader([path, bytes] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::ifstream pipe(path, std::ios::binary);
    std::vector<char> part(9000);
    while (pipe.read(part.data(), static_cast<long>(part.size())) ||
           pipe.gcount() > 0) {
      bytes->insert(bytes->end(), part.begin(), part.begin() + pipe.gcount());
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  return reader;
}

TEST(PosixFileSystemTest, ShortAndInterruptedWritesAreCarriedOn) {
  const ScratchFolder folder;
  const std::string path = folder.File("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const Bytes wanted = RandomBytes(2 << 20, 1);
  Bytes got;
  std::thread reader = ReadSlowly(path, &got);
  {
    const Interruptions interruptions;
    auto file = FileSystem::Posix()->OpenAppend(path);  // waits for the reader
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE((*file)->Append(wanted).ok());
  }
  reader.join();
  EXPECT_EQ(got.size(), wanted.size());
  EXPECT_EQ(got, wanted);
}

TEST(PosixFileSystemTest, AWriteThatFitsInPartFails) {
  const ScratchFolder folder;
  auto file = FileSystem::Posix()->CreateAppend(folder.File("file"));
  ASSERT_TRUE(file.ok()) << file.status();
  signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const absl::Status fits = (*file)->Append(RandomBytes(700, 1));
  const absl::Status fits_not = (*file)->Append(RandomBytes(700, 2));
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_TRUE(fits.ok()) << fits;
  EXPECT_TRUE(absl::IsResourceExhausted(fits_not)) << fits_not;
  EXPECT_EQ(std::filesystem::file_size(folder.File("file")), 1000u);
}

}  // namespace
}  // namespace fovea::testing

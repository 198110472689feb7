// SPDX-License-Identifier: GPL-2.0-or-later
//
// A socket's path may have 107 bytes, a store's any number: it is named
// through a descriptor of its folder.

#include "store/internal/socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

constexpr int kBacklog = 64;
constexpr size_t kReadAtOnce = 1 << 20;

absl::Status ErrorOf(const char* what, const std::string& folder, int error) {
  const std::string text =
      absl::StrCat("cannot ", what, " '", folder, "/", kSocketName,
                   "': ", std::generic_category().message(error));
  return error == ENOENT || error == ECONNREFUSED || error == ENOTSOCK
             ? absl::NotFoundError(text)
             : absl::UnavailableError(text);
}

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// "/proc/self/fd/N/SOCKET", and the folder that has to stay open for it.
struct ShortPath {
  Socket folder;
  sockaddr_un address = {};
};

absl::StatusOr<ShortPath> Shorten(const std::string& folder) {
  ShortPath path;
  path.folder = Socket(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!path.folder.open()) return ErrorOf("open", folder, errno);
  const std::string text =
      absl::StrCat("/proc/self/fd/", path.folder.fd(), "/", kSocketName);
  path.address.sun_family = AF_UNIX;
  std::memcpy(path.address.sun_path, text.c_str(), text.size() + 1);
  return path;
}

const sockaddr* Generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

absl::StatusOr<Socket> NewSocket(const std::string& folder) {
  Socket made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made.open()) return ErrorOf("make", folder, errno);
  return made;
}

// Waits until `events` or `until_ms`.
absl::Status WaitFor(const Socket& socket, short events, int64_t until_ms) {
  while (true) {
    const int64_t left = until_ms - NowMs();
    if (left <= 0) return absl::DeadlineExceededError("no answer in time");
    pollfd entry = {socket.fd(), events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) {
      return absl::UnavailableError("the connection cannot be waited for");
    }
  }
}

bool MayTryAgain(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

// Receives exactly `size` bytes behind what `out` holds.
absl::Status ReceiveBytes(const Socket& socket, size_t size, int64_t until_ms,
                          std::string* out) {
  const size_t whole = out->size() + size;
  while (out->size() < whole) {
    FOVEA_RETURN_IF_ERROR(WaitFor(socket, POLLIN, until_ms));
    const size_t before = out->size();
    // Grows with what arrives, not with what was announced.
    out->resize(before + std::min(whole - before, kReadAtOnce));
    const ssize_t got =
        recv(socket.fd(), out->data() + before, out->size() - before, 0);
    out->resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0) return absl::UnavailableError("the connection was closed");
    if (got < 0 && !MayTryAgain(errno)) {
      return absl::UnavailableError("the connection broke");
    }
  }
  return absl::OkStatus();
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

void Socket::Shutdown() const { shutdown(fd_, SHUT_RDWR); }

void Socket::Dismiss() const {
  shutdown(fd_, SHUT_RD);
  char ignored[256];
  while (recv(fd_, ignored, sizeof ignored, MSG_DONTWAIT) > 0) continue;
}

absl::StatusOr<Socket> ListenIn(const std::string& folder) {
  FOVEA_ASSIGN_OR_RETURN(const ShortPath path, Shorten(folder));
  FOVEA_ASSIGN_OR_RETURN(Socket listener, NewSocket(folder));
  // Before bind(), so that it never was open to others.
  if (fchmod(listener.fd(), 0600) != 0) {
    return ErrorOf("protect", folder, errno);
  }
  if (unlinkat(path.folder.fd(), kSocketName, 0) != 0 && errno != ENOENT) {
    return ErrorOf("replace", folder, errno);
  }
  if (bind(listener.fd(), Generic(path.address), sizeof(path.address)) != 0 ||
      listen(listener.fd(), kBacklog) != 0) {
    return ErrorOf("listen at", folder, errno);
  }
  return listener;
}

absl::StatusOr<Socket> Accept(const Socket& listener) {
  while (true) {
    pollfd entry = {listener.fd(), POLLIN, 0};
    if (poll(&entry, 1, -1) < 0 && errno != EINTR) break;
    if ((entry.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) break;
    const int fd =
        accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) return Socket(fd);
    if (MayTryAgain(errno) || errno == ECONNABORTED) continue;
    if (errno != EMFILE && errno != ENFILE && errno != ENOMEM) break;
    usleep(100'000);  // until somebody closes something
  }
  return absl::UnavailableError("nobody listens any more");
}

absl::StatusOr<Socket> ConnectTo(const std::string& folder) {
  FOVEA_ASSIGN_OR_RETURN(const ShortPath path, Shorten(folder));
  FOVEA_ASSIGN_OR_RETURN(Socket socket, NewSocket(folder));
  if (connect(socket.fd(), Generic(path.address), sizeof(path.address)) != 0) {
    return ErrorOf("connect to", folder, errno);
  }
  return socket;
}

absl::Status SendMessage(const Socket& socket, std::string_view body,
                         int64_t timeout_ms) {
  std::string head;
  PutLittle(&head, static_cast<uint32_t>(body.size()));
  const int64_t until = NowMs() + timeout_ms;
  for (std::string_view rest : {std::string_view(head), body}) {
    while (!rest.empty()) {
      FOVEA_RETURN_IF_ERROR(WaitFor(socket, POLLOUT, until));
      const ssize_t sent =
          send(socket.fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent > 0) rest.remove_prefix(static_cast<size_t>(sent));
      if (sent < 0 && !MayTryAgain(errno)) {
        return absl::UnavailableError("the connection broke");
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReceiveMessage(const Socket& socket, uint64_t limit,
                                           int64_t first_ms, int64_t rest_ms) {
  FOVEA_RETURN_IF_ERROR(WaitFor(socket, POLLIN, NowMs() + first_ms));
  const int64_t until = NowMs() + rest_ms;
  std::string head;
  FOVEA_RETURN_IF_ERROR(ReceiveBytes(socket, sizeof(uint32_t), until, &head));
  const uint32_t length = ByteReader(head).Little<uint32_t>();
  if (length > limit) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a message of ", length, " bytes, expected at most ", limit));
  }
  std::string body;
  FOVEA_RETURN_IF_ERROR(ReceiveBytes(socket, length, until, &body));
  return body;
}

}  // namespace fovea

// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Unix socket in a store's folder, and whole messages over it. Every wait
// has an end, so that neither side can hold the other up for ever.

#ifndef FOVEA_STORE_INTERNAL_SOCKET_H_
#define FOVEA_STORE_INTERNAL_SOCKET_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace fovea {

inline constexpr char kSocketName[] = "SOCKET";

// A descriptor, closed when it goes.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  // Ends all waits on it, in any thread.
  void Shutdown() const;
  // Takes nothing in any more, and forgets what came: closed with that unread,
  // the other side would lose what it was told last.
  void Dismiss() const;

 private:
  int fd_ = -1;
};

// Listens in `folder`, in place of whoever did before: for the holder of the
// store's lock only. Nobody but this user can connect.
absl::StatusOr<Socket> ListenIn(const std::string& folder);

// The next to connect; kUnavailable once the listener was shut down.
absl::StatusOr<Socket> Accept(const Socket& listener);

// kNotFound: nobody listens there.
absl::StatusOr<Socket> ConnectTo(const std::string& folder);

// kDeadlineExceeded when the other side does not take it in time,
// kUnavailable when it is gone.
absl::Status SendMessage(const Socket& socket, std::string_view body,
                         int64_t timeout_ms);

// Waits `first_ms` for the first byte and `rest_ms` for the others;
// kInvalidArgument for a message beyond `limit` bytes.
absl::StatusOr<std::string> ReceiveMessage(const Socket& socket, uint64_t limit,
                                           int64_t first_ms, int64_t rest_ms);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_SOCKET_H_

// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/live_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace fovea::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMillis = 20;
constexpr double kSliceSeconds = 0.02;

Clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

LiveServer::LiveServer(std::vector<LiveSession> sessions)
    : sessions_(std::move(sessions)) {
  Listen();
  thread_ = std::thread([this] { Serve(); });
}

LiveServer::~LiveServer() {
  stopped_ = true;
  thread_.join();
  if (listener_ >= 0) close(listener_);
}

std::string LiveServer::url() const {
  return "tcp://user:secret@127.0.0.1:" + std::to_string(port_);
}

void LiveServer::Listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, plain, size) != 0 || listen(listener_, 1) != 0 ||
      getsockname(listener_, plain, &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
}

int LiveServer::Accept() const {
  while (!stopped_) {
    pollfd waiting = {listener_, POLLIN, 0};
    if (poll(&waiting, 1, kPollMillis) <= 0) continue;
    return accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  }
  return -1;
}

void LiveServer::Serve() {
  for (const LiveSession& session : sessions_) {
    if (listener_ < 0) Listen();
    const int client = Accept();
    if (client < 0) return;
    ++connections_;
    Play(session, client);
    close(listener_);  // nobody answers while the server is away
    listener_ = -1;
    close(client);
    Sleep(session.away_seconds);
  }
  done_ = true;
}

void LiveServer::Play(const LiveSession& session, int client) {
  const auto begin = Clock::now();
  const auto slices =
      std::max<size_t>(1, static_cast<size_t>(session.seconds / kSliceSeconds));
  const size_t slice = session.bytes.size() / slices + 1;
  for (size_t i = 0; i * slice < session.bytes.size() && !stopped_; ++i) {
    const size_t at = i * slice;
    const size_t size = std::min(slice, session.bytes.size() - at);
    if (send(client, session.bytes.data() + at, size, MSG_NOSIGNAL) < 0) {
      return;
    }
    std::this_thread::sleep_until(
        begin + Seconds(session.seconds * static_cast<double>(i + 1) /
                        static_cast<double>(slices)));
  }
  Sleep(session.silent_seconds);
}

void LiveServer::Sleep(double seconds) const {
  const auto end = Clock::now() + Seconds(seconds);
  while (!stopped_ && Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMillis));
  }
}

}  // namespace fovea::testing

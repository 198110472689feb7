// SPDX-License-Identifier: GPL-2.0-or-later
//
// A camera on loopback that goes away now and then, as one with a loose
// cable does: plays sessions in real time over TCP.

#ifndef FOVEA_TESTS_SUPPORT_LIVE_SERVER_H_
#define FOVEA_TESTS_SUPPORT_LIVE_SERVER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace fovea::testing {

// One connection: bytes, sent evenly over `seconds`; then `silent_seconds`
// of an open but quiet connection, then gone for `away_seconds`.
struct LiveSession {
  std::vector<uint8_t> bytes;
  double seconds = 1;
  double silent_seconds = 0;
  double away_seconds = 0;
};

// The end of this object ends the service.
class LiveServer {
 public:
  explicit LiveServer(std::vector<LiveSession> sessions);
  ~LiveServer();
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;

  // With credentials nobody asks for, to see that they are not shown.
  std::string url() const;

  // Connections taken so far, and whether all sessions are over.
  int connections() const { return connections_; }
  bool done() const { return done_; }

 private:
  void Listen();
  int Accept() const;
  void Serve();
  void Play(const LiveSession& session, int client);
  void Sleep(double seconds) const;

  const std::vector<LiveSession> sessions_;
  std::atomic<uint16_t> port_ = 0;  // chosen once, kept over restarts
  int listener_ = -1;
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> done_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_LIVE_SERVER_H_

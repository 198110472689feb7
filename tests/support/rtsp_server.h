// SPDX-License-Identifier: GPL-2.0-or-later
//
// As little of an RTSP camera as a client needs: one connection on
// loopback, H.264 as RTP (RFC 6184) interleaved with the control channel.

#ifndef FOVEA_TESTS_SUPPORT_RTSP_SERVER_H_
#define FOVEA_TESTS_SUPPORT_RTSP_SERVER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fovea::testing {

// The end of this object ends the service.
class RtspServer {
 public:
  // Plays the pictures of an Annex B clip, one slice each, at
  // `frames_per_second`; then hangs up.
  RtspServer(const std::vector<uint8_t>& annex_b, double frames_per_second);
  ~RtspServer();
  RtspServer(const RtspServer&) = delete;
  RtspServer& operator=(const RtspServer&) = delete;

  std::string url() const;

 private:
  void Serve();
  // Answers until the client says PLAY; false when it leaves before.
  bool Negotiate(int client) const;
  std::string Answer(std::string_view request) const;
  std::string Description() const;
  void Play(int client);
  void SendNal(int client, std::string_view nal, uint32_t time, bool last);
  void SendPacket(int client, const std::string& payload, uint32_t time,
                  bool last);

  std::vector<std::string> nals_;
  const double frames_per_second_;
  uint16_t port_ = 0;
  uint16_t sequence_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_RTSP_SERVER_H_

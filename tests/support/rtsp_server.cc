// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/rtsp_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <stdexcept>

#include "absl/strings/escaping.h"

namespace fovea::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMillis = 20;
constexpr size_t kLargestPayload = 1400;
constexpr uint32_t kFirstTime = 123'456;  // cameras do not begin at zero
constexpr double kRtpClock = 90'000;
constexpr int kFragment = 28;  // FU-A

int NalType(std::string_view nal) { return nal[0] & 31; }
bool IsPicture(std::string_view nal) {
  return NalType(nal) == 1 || NalType(nal) == 5;
}

std::vector<std::string> SplitNals(const std::vector<uint8_t>& annex_b) {
  const std::string bytes(annex_b.begin(), annex_b.end());
  const std::string start("\0\0\1", 3);
  std::vector<std::string> nals;
  size_t at = bytes.find(start);
  while (at != std::string::npos) {
    const size_t next = bytes.find(start, at + 3);
    std::string nal = bytes.substr(at + 3, next - at - 3);
    while (!nal.empty() && nal.back() == 0) nal.pop_back();
    if (!nal.empty()) nals.push_back(nal);
    at = next;
  }
  return nals;
}

void AppendBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = bytes - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(value >> (8 * i) & 255));
  }
}

}  // namespace

RtspServer::RtspServer(const std::vector<uint8_t>& annex_b,
                       double frames_per_second)
    : nals_(SplitNals(annex_b)), frames_per_second_(frames_per_second) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, plain, size) != 0 || listen(listener_, 1) != 0 ||
      getsockname(listener_, plain, &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

RtspServer::~RtspServer() {
  stopped_ = true;
  thread_.join();
  if (listener_ >= 0) close(listener_);
}

std::string RtspServer::url() const {
  return "rtsp://user:secret@127.0.0.1:" + std::to_string(port_) + "/live";
}

void RtspServer::Serve() {
  while (!stopped_) {
    pollfd waiting = {listener_, POLLIN, 0};
    if (poll(&waiting, 1, kPollMillis) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    close(listener_);  // nobody answers after this client
    listener_ = -1;
    if (Negotiate(client)) Play(client);
    close(client);
    return;
  }
}

bool RtspServer::Negotiate(int client) const {
  std::string got;
  while (!stopped_) {
    const size_t end = got.find("\r\n\r\n");
    if (end == std::string::npos) {
      char some[4096];
      const ssize_t size = recv(client, some, sizeof(some), 0);
      if (size <= 0) return false;
      got.append(some, static_cast<size_t>(size));
      continue;
    }
    const std::string request = got.substr(0, end);
    got.erase(0, end + 4);
    const std::string answer = Answer(request);
    send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    if (request.rfind("PLAY", 0) == 0) return true;
  }
  return false;
}

std::string RtspServer::Answer(std::string_view request) const {
  const size_t number = request.find("CSeq: ");
  std::string answer = "RTSP/1.0 200 OK\r\n";
  answer += request.substr(number, request.find("\r\n", number) - number);
  answer += "\r\nSession: 1\r\n";
  if (request.substr(0, 8) == "DESCRIBE") {
    const std::string body = Description();
    return answer + "Content-Type: application/sdp\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  if (request.substr(0, 5) == "SETUP") {
    answer += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
  }
  return answer + "\r\n";
}

std::string RtspServer::Description() const {
  std::string sets;
  for (const std::string& nal : nals_) {
    if (NalType(nal) != 7 && NalType(nal) != 8) continue;
    if (!sets.empty()) sets += ',';
    sets += absl::Base64Escape(nal);
    if (NalType(nal) == 8) break;
  }
  return "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\n"
         "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
         "a=rtpmap:96 H264/90000\r\n"
         "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=" +
         sets + "\r\na=control:track1\r\n";
}

void RtspServer::Play(int client) {
  const auto begin = Clock::now();
  int pictures = 0;
  for (const std::string& nal : nals_) {
    if (stopped_) return;
    const double seconds = pictures / frames_per_second_;
    SendNal(
        client, nal,
        kFirstTime + static_cast<uint32_t>(std::lround(seconds * kRtpClock)),
        IsPicture(nal));
    if (!IsPicture(nal)) continue;
    ++pictures;
    std::this_thread::sleep_until(
        begin +
        std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(pictures / frames_per_second_)));
  }
}

void RtspServer::SendNal(int client, std::string_view nal, uint32_t time,
                         bool last) {
  if (nal.size() <= kLargestPayload) {
    SendPacket(client, std::string(nal), time, last);
    return;
  }
  for (size_t at = 1; at < nal.size(); at += kLargestPayload) {
    const bool begins = at == 1;
    const bool ends = at + kLargestPayload >= nal.size();
    std::string payload;
    payload.push_back(static_cast<char>((nal[0] & 0xE0) | kFragment));
    payload.push_back(static_cast<char>((begins ? 0x80 : 0) |
                                        (ends ? 0x40 : 0) | NalType(nal)));
    payload += nal.substr(at, kLargestPayload);
    SendPacket(client, payload, time, last && ends);
  }
}

void RtspServer::SendPacket(int client, const std::string& payload,
                            uint32_t time, bool last) {
  std::string packet("$\0", 2);
  AppendBigEndian(payload.size() + 12, 2, &packet);
  AppendBigEndian(0x80, 1, &packet);
  AppendBigEndian(last ? 96 | 0x80 : 96, 1, &packet);
  AppendBigEndian(sequence_++, 2, &packet);
  AppendBigEndian(time, 4, &packet);
  AppendBigEndian(1, 4, &packet);
  packet += payload;
  send(client, packet.data(), packet.size(), MSG_NOSIGNAL);
}

}  // namespace fovea::testing

#include "transcoder/worker/av_ptr.h"

#include <sys/mman.h>

#include <new>

#include "base/error.h"

namespace clipcourier::transcoder {

bool memoryIsShort(std::size_t needed) {
  void* memory = mmap(nullptr, needed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return true;
  munmap(memory, needed);
  return false;
}

int check(int rc, const std::string& doing) {
  if (rc >= 0) return rc;
  // Other libraries say "external error" when it was memory that they did not get.
  if (rc == AVERROR(ENOMEM) || memoryIsShort(16 << 20)) throw std::bad_alloc();
  char words[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(rc, words, sizeof words);
  throw Error(ErrorKind::internal, doing + ": " + words);
}

Packet newPacket() {
  Packet packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  return packet;
}

Frame newFrame() {
  Frame frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  return frame;
}

Frame share(const AVFrame& frame) {
  Frame copy = newFrame();
  check(av_frame_ref(copy.get(), &frame), "share a frame");
  return copy;
}

Packet share(const AVPacket& packet) {
  Packet copy = newPacket();
  check(av_packet_ref(copy.get(), &packet), "share a packet");
  return copy;
}

}  // namespace clipcourier::transcoder

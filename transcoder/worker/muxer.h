#pragma once

#include <memory>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/descriptor_io.h"

namespace clipcourier::transcoder {

// One track as the muxer needs it. Borrowed until the muxer is made.
struct MuxTrack {
  const AVCodecParameters* codec = nullptr;
  AVRational timeBase{1, 1};   // of the packets that will come
  AVRational frameRate{0, 1};  // of a video
};

// Writes an MP4 with its index first into a descriptor. The second pass that moves the index reads
// the same descriptor; no name is opened. Everything that was in the file before is gone. The bytes
// depend on the packets of each track, not on which track's come first.
class Muxer {
 public:
  // `audio` may be null. Throws Error; the descriptor is borrowed.
  Muxer(int fd, const MuxTrack& video, const MuxTrack* audio);
  ~Muxer();
  Muxer(const Muxer&) = delete;
  Muxer& operator=(const Muxer&) = delete;

  void writeVideo(Packet packet);
  void writeAudio(Packet packet);
  void finish();  // once, after the last packet; nothing is valid before

 private:
  void addStreams(const MuxTrack& video, const MuxTrack* audio);
  void write(Packet packet, int stream, AVRational base);
  static int openAgain(AVFormatContext* format, AVIOContext** io, const char*, int flags,
                       AVDictionary**);
  static int closeAgain(AVFormatContext* format, AVIOContext* io);

  DescriptorFile file_, again_;
  Io io_;
  OutputFile format_;
  AVRational videoBase_, audioBase_{1, 1};
};

}  // namespace clipcourier::transcoder

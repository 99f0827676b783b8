#pragma once

#include <memory>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/descriptor_io.h"

namespace clipcourier::transcoder {

// Writes an MP4 with its index first into a descriptor. The second pass that moves the index reads
// the same descriptor; no name is opened. Everything that was in the file before is gone.
class Muxer {
 public:
  // `audio` may be null. Throws Error; the descriptor is borrowed.
  Muxer(int fd, const AVCodecContext& video, const AVCodecContext* audio);
  ~Muxer();
  Muxer(const Muxer&) = delete;
  Muxer& operator=(const Muxer&) = delete;

  void writeVideo(Packet packet);
  void writeAudio(Packet packet);
  void finish();  // once, after the last packet; nothing is valid before

 private:
  void addStreams(const AVCodecContext& video, const AVCodecContext* audio);
  void write(Packet packet, int stream, AVRational base);
  static int openAgain(AVFormatContext* format, AVIOContext** io, const char*, int flags,
                       AVDictionary**);
  static int closeAgain(AVFormatContext* format, AVIOContext* io);

  DescriptorFile file_, again_;
  Io io_;
  OutputFile format_;
  StreamFilter noSei_;
  AVRational videoBase_, audioBase_{1, 1};
};

}  // namespace clipcourier::transcoder

#pragma once

#include <memory>
#include <string>

#include "transcoder/worker/av_ptr.h"
#include "transcoder/worker/descriptor_io.h"
#include "transcoder/worker/timeline.h"
#include "transcoder/worker/webp_animation.h"

namespace clipcourier::transcoder {

// Reads the chosen video track, and sound track if any, of a source. Nothing but the descriptor is
// ever read: formats that name other files are refused, and opening anything fails.
class Demuxer {
 public:
  // Throws Refused when the source cannot be a video.
  explicit Demuxer(int fd);

  // The next packet of a chosen track, its timestamps repaired (see Timeline); none at the end,
  // which damage may bring early.
  Packet next();
  // Continues near the key picture at or before `us`; the clock is taken as it stands there, so
  // this is for sources without jumps only. False when the format cannot seek.
  bool seek(std::int64_t us);
  int jumps() const { return timeline_->jumps(); }             // of the clock, so far
  bool soundRecounted() const { return sound_.stoodStill(); }  // so far (see SoundCount)
  bool endedByDamage() const { return damaged_; }

  const AVStream& video() const { return *format_->streams[video_]; }
  const AVStream* audio() const { return audio_ < 0 ? nullptr : format_->streams[audio_]; }
  bool isVideo(const AVPacket& packet) const { return packet.stream_index == video_; }
  void dropAudio();
  const AVFormatContext& format() const { return *format_; }
  std::string formatName() const { return webp_ ? "webp" : format_->iformat->name; }
  std::uint64_t bytes() const { return file_.size(); }

 private:
  void open();
  void openWebp();
  int read(AVPacket& packet);  // as av_read_frame
  void chooseTracks();
  void startTimeline();
  void recountSound(AVPacket& packet);

  DescriptorFile file_;
  Io io_;
  InputFile format_;
  std::unique_ptr<WebpAnimation> webp_;  // then format_ only describes what it holds
  std::unique_ptr<Timeline> timeline_;
  SoundCount sound_;
  int video_ = -1, audio_ = -1;
  bool damaged_ = false;
};

// Largest picture we decode; anything above is taken for a decompression bomb.
inline constexpr std::int64_t kMaxPixels = 36'000'000;
inline constexpr int kMaxSide = 16'384;

}  // namespace clipcourier::transcoder

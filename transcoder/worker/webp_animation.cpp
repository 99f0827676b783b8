#include "transcoder/worker/webp_animation.h"

#include <webp/demux.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/byte_size.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/refusals.h"

namespace clipcourier::transcoder {
namespace {

constexpr ByteSize kMostBytes = 128_MiB;  // held in memory, by each that reads it
// Pixels of all pictures: five minutes of 1080p30. Less than of other animations, because each pass
// decodes all of them, also the one that only counts.
constexpr std::int64_t kMostDecoded = 20'000'000'000;
constexpr int kShortestMs = 10;  // what says less is shown by browsers for longer, but not by us

WebPAnimDecoder* animation(void* decoder) { return static_cast<WebPAnimDecoder*>(decoder); }

std::string allOf(DescriptorFile& file) {
  if (file.size() > kMostBytes.bytes) refuse::animationTooLarge({file.size()}, kMostBytes);
  return file.readAll();
}

// The header must not be able to ask for a huge canvas: the decoder allocates two of them.
void refuseHugeCanvas(const WebPData& data) {
  WebPDemuxState state{};
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demuxer(
      WebPDemuxPartial(&data, &state), WebPDemuxDelete);
  if (!demuxer) refuse::damaged();
  const auto width = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH));
  const auto height = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT));
  const std::int64_t pixels = static_cast<std::int64_t>(width) * height;
  if (width <= 0 || height <= 0) refuse::damaged();
  if (pixels > kMaxPixels || std::max(width, height) > kMaxSide)
    refuse::tooManyPixels(width, height);
  const std::int64_t frames = WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT);
  if (frames > kMostDecoded / pixels) refuse::tooMuchToDecode(frames, width, height);
}

}  // namespace

void WebpAnimation::Release::operator()(void* decoder) const noexcept {
  WebPAnimDecoderDelete(animation(decoder));
}

WebpAnimation::WebpAnimation(DescriptorFile& file) : bytes_(allOf(file)) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes_.data()), bytes_.size()};
  refuseHugeCanvas(data);
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) refuse::damaged();
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  decoder_.reset(WebPAnimDecoderNew(&data, &options));
  WebPAnimInfo info{};
  if (!decoder_ || !WebPAnimDecoderGetInfo(animation(decoder_.get()), &info)) refuse::damaged();
  width_ = static_cast<int>(info.canvas_width);
  height_ = static_cast<int>(info.canvas_height);
  frames_ = static_cast<int>(info.frame_count);
}

void WebpAnimation::describe(AVStream& stream) const {
  AVCodecParameters& codec = *stream.codecpar;
  codec.codec_type = AVMEDIA_TYPE_VIDEO;
  codec.codec_id = AV_CODEC_ID_RAWVIDEO;
  codec.format = AV_PIX_FMT_RGBA;
  codec.width = width_;
  codec.height = height_;
  stream.time_base = {1, 1000};
  stream.nb_frames = frames_;
}

Packet WebpAnimation::next() {
  if (!WebPAnimDecoderHasMoreFrames(animation(decoder_.get()))) return nullptr;
  std::uint8_t* canvas = nullptr;
  int endMs = 0;
  if (!WebPAnimDecoderGetNext(animation(decoder_.get()), &canvas, &endMs)) {
    damaged_ = true;
    return nullptr;
  }
  Packet packet = newPacket();
  const auto size = static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 4;
  check(av_new_packet(packet.get(), static_cast<int>(size)), "read a picture");
  std::memcpy(packet->data, canvas, size);
  packet->flags |= AV_PKT_FLAG_KEY;
  packet->pts = packet->dts = endMs_;
  packet->duration = std::max<std::int64_t>(endMs - endMs_, kShortestMs);
  endMs_ += packet->duration;
  return packet;
}

}  // namespace clipcourier::transcoder

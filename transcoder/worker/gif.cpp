#include "transcoder/worker/gif.h"

#include <algorithm>
#include <new>

#include "base/error.h"
#include "transcoder/worker/decoder.h"
#include "transcoder/worker/filter_graph.h"
#include "transcoder/worker/gif_blocks.h"

namespace clipcourier::transcoder {
namespace {

constexpr AVRational kHundredths{1, 100};

// One palette for all pictures, ordered dithering: it stays where it is from frame to frame, so
// what does not move costs nothing.
std::string paletteFilters(int colours) {
  return "format=bgra,split[a][b];[a]palettegen=stats_mode=full:max_colors=" +
         std::to_string(std::clamp(colours, 4, 256)) +
         "[p];[b][p]paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle";
}

// The file in memory while libav writes it.
class GifWriter {
 public:
  explicit GifWriter(const AVCodecContext& codec) {
    AVFormatContext* context = nullptr;
    check(avformat_alloc_output_context2(&context, nullptr, "gif", nullptr), "GIF");
    format_.reset(context);
    check(avio_open_dyn_buf(&format_->pb), "GIF");
    format_->flags |= AVFMT_FLAG_BITEXACT;
    AVStream* stream = avformat_new_stream(context, nullptr);
    if (!stream) throw std::bad_alloc();
    stream->time_base = kHundredths;
    check(avcodec_parameters_from_context(stream->codecpar, &codec), "GIF");
    AVDictionary* options = nullptr;
    av_dict_set(&options, "loop", "0", 0);
    const int rc = avformat_write_header(context, &options);
    av_dict_free(&options);
    check(rc, "GIF");
  }
  GifWriter(const GifWriter&) = delete;
  GifWriter& operator=(const GifWriter&) = delete;
  ~GifWriter() {
    if (format_->pb) take();
  }
  void write(Packet packet) {
    packet->stream_index = 0;
    check(av_write_frame(format_.get(), packet.get()), "GIF");
  }
  std::string finish() {
    check(av_write_trailer(format_.get()), "GIF");
    return take();
  }

 private:
  std::string take() {
    std::uint8_t* data = nullptr;
    const int size = avio_close_dyn_buf(format_->pb, &data);
    format_->pb = nullptr;
    std::string bytes(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    av_free(data);
    return bytes;
  }
  OutputFile format_;
};

Codec openEncoder(Size size) {
  const AVCodec* encoder = avcodec_find_encoder(AV_CODEC_ID_GIF);
  Codec codec(encoder ? avcodec_alloc_context3(encoder) : nullptr);
  if (!codec) throw std::bad_alloc();
  codec->width = size.width;
  codec->height = size.height;
  codec->pix_fmt = AV_PIX_FMT_PAL8;
  codec->time_base = kHundredths;
  codec->flags |= AV_CODEC_FLAG_BITEXACT;
  codec->thread_count = 1;
  check(avcodec_open2(codec.get(), encoder, nullptr), "open the GIF encoder");
  return codec;
}

void encode(AVCodecContext& codec, const AVFrame* frame, GifWriter& out) {
  check(avcodec_send_frame(&codec, frame), "GIF");
  for (;;) {
    Packet packet = newPacket();
    const int rc = avcodec_receive_packet(&codec, packet.get());
    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) return;
    check(rc, "GIF");
    out.write(std::move(packet));
  }
}

// Every picture from libav's decoder, which is not our writer.
std::int64_t decodable(std::string_view bytes, const std::vector<GifImage>& images) {
  const AVCodec* decoder = avcodec_find_decoder(AV_CODEC_ID_GIF);
  Codec codec(decoder ? avcodec_alloc_context3(decoder) : nullptr);
  if (!codec) throw std::bad_alloc();
  codec->thread_count = 1;
  check(avcodec_open2(codec.get(), decoder, nullptr), "open the GIF decoder");
  std::int64_t good = 0;
  std::size_t from = 0;
  for (const GifImage& image : images) {
    Packet packet = newPacket();
    check(av_new_packet(packet.get(), static_cast<int>(image.end - from)), "GIF");
    std::copy_n(bytes.data() + from, image.end - from, packet->data);
    from = image.end;
    Frame frame = newFrame();
    if (avcodec_send_packet(codec.get(), packet.get()) >= 0 &&
        avcodec_receive_frame(codec.get(), frame.get()) >= 0)
      ++good;
  }
  return good;
}

}  // namespace

std::string makeGif(const std::vector<const AVFrame*>& frames, Size size, Fraction rate,
                    int colours) {
  Converter toRgb(size, "m=gbr:r=full", "gbrp");
  const Codec codec = openEncoder(size);
  GifWriter writer(*codec);
  std::optional<FilterGraph> palette;
  const auto hundredthsAt = [&](std::size_t frame) {
    return av_rescale(static_cast<std::int64_t>(frame), 100LL * rate.den, rate.num);
  };
  const auto out = [&](Frame picture) { encode(*codec, picture.get(), writer); };
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Frame rgb = toRgb.convert(*frames[i]);
    rgb->pts = hundredthsAt(i);
    if (!palette) palette.emplace(*rgb, kHundredths, paletteFilters(colours));
    palette->feed(std::move(rgb), out);
  }
  if (palette) palette->drain(hundredthsAt(frames.size()), out);
  encode(*codec, nullptr, writer);
  return writer.finish();
}

MeasuredAnimation measureGif(std::string_view bytes) {
  MeasuredAnimation m;
  const std::optional<GifBlocks> blocks = parseGif(bytes);
  if (!blocks) return m;
  m.size = {blocks->width, blocks->height};
  m.loops = blocks->loops;
  m.tags = blocks->others;
  m.frames = static_cast<std::int64_t>(blocks->images.size());
  m.shortestMs = INT64_MAX;
  for (const GifImage& image : blocks->images) {
    m.shortestMs = std::min<std::int64_t>(m.shortestMs, image.delayMs);
    m.durationMs += image.delayMs;
  }
  m.whole = decodable(bytes, blocks->images) == m.frames;
  return m;
}

}  // namespace clipcourier::transcoder

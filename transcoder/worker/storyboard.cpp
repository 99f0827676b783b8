#include "transcoder/worker/storyboard.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kTileLongSide = 160;
constexpr std::int64_t kMaxTiles = 100;
constexpr int kMaxColumns = 10;
constexpr ByteSize kLimit = 1_MB;

std::int64_t durationMs(Fraction rate, std::int64_t slots) {
  return av_rescale(slots, 1000LL * rate.den, rate.num);
}

// Round steps people can make sense of.
std::int64_t intervalFor(std::int64_t durationMs) {
  for (const std::int64_t ms : {500, 1'000, 2'000, 5'000, 10'000, 15'000, 30'000, 60'000})
    if ((ms >= 1'000 || durationMs <= 15'000) && durationMs <= ms * kMaxTiles) return ms;
  return (durationMs / kMaxTiles / 60'000 + 1) * 60'000;
}

std::string clock(std::int64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", static_cast<int>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1'000 % 60),
                static_cast<int>(ms % 1'000));
  return text;
}

void paste(const AVFrame& tile, AVFrame& sheet, int left, int top) {
  for (int plane = 0; plane < 3; ++plane) {
    const int shift = plane ? 1 : 0;
    for (int y = 0; y < tile.height >> shift; ++y)
      std::memcpy(sheet.data[plane] +
                      static_cast<std::ptrdiff_t>((top >> shift) + y) * sheet.linesize[plane] +
                      (left >> shift),
                  tile.data[plane] + static_cast<std::ptrdiff_t>(y) * tile.linesize[plane],
                  static_cast<std::size_t>(tile.width >> shift));
  }
}

Frame blackSheet(Size size) {
  Frame sheet = newFrame();
  sheet->width = size.width;
  sheet->height = size.height;
  sheet->format = AV_PIX_FMT_YUV420P;
  check(av_frame_get_buffer(sheet.get(), 0), "storyboard");
  for (int plane = 0; plane < 3; ++plane)
    std::memset(sheet->data[plane], plane ? 128 : 16,
                static_cast<std::size_t>(sheet->linesize[plane]) *
                    static_cast<std::size_t>(size.height >> (plane ? 1 : 0)));
  return sheet;
}

}  // namespace

Storyboard::Storyboard(Fraction rate, std::int64_t slots, Size picture)
    : rate_(rate),
      slots_(std::max<std::int64_t>(slots, 1)),
      intervalMs_(intervalFor(durationMs(rate, slots_))),
      count_(std::clamp<std::int64_t>((durationMs(rate, slots_) + intervalMs_ / 2) / intervalMs_, 1,
                                      kMaxTiles)),
      converter_(atMost(kTileLongSide, picture), "", "yuv420p") {}

// The middle of the time the tile stands for.
std::int64_t Storyboard::slotOf(std::int64_t tile) const {
  const std::int64_t ms = tile * intervalMs_ + intervalMs_ / 2;
  return std::min(slots_ - 1, av_rescale(ms, rate_.num, 1000LL * rate_.den));
}

std::vector<std::int64_t> Storyboard::wanted() const {
  std::vector<std::int64_t> slots;
  for (std::int64_t tile = 0; tile < count_; ++tile) slots.push_back(slotOf(tile));
  return slots;
}

void Storyboard::consider(const AVFrame& picture, std::int64_t slot, std::int64_t count) {
  Frame tile;
  for (;;) {
    const auto next = static_cast<std::int64_t>(tiles_.size());
    if (next >= count_ || slotOf(next) >= slot + count) return;
    if (!tile) tile = converter_.convert(picture);
    tiles_.push_back(share(*tile));
  }
}

// About as wide as high, so that no side becomes absurd.
int Storyboard::columns() const {
  const auto tiles = static_cast<double>(tiles_.size());
  const Size tile = converter_.size();
  const int square =
      static_cast<int>(std::ceil(std::sqrt(tiles * tile.height / static_cast<double>(tile.width))));
  return std::clamp(square, 1, kMaxColumns);
}

Still Storyboard::sheet() const {
  if (tiles_.empty()) throw Error(ErrorKind::internal, "no picture for the storyboard");
  const Size tile = converter_.size();
  const int across = columns();
  const int rows = (static_cast<int>(tiles_.size()) + across - 1) / across;
  const Frame sheet = blackSheet({tile.width * across, tile.height * rows});
  for (std::size_t i = 0; i < tiles_.size(); ++i)
    paste(*tiles_[i], *sheet, static_cast<int>(i) % across * tile.width,
          static_cast<int>(i) / across * tile.height);
  return makeJpeg(*sheet, std::max(sheet->width, sheet->height), kLimit);
}

std::string Storyboard::webvtt(const std::string& file) const {
  std::string text = "WEBVTT\n";
  const Size tile = converter_.size();
  const int across = columns();
  const std::int64_t end = durationMs(rate_, slots_);
  for (std::size_t i = 0; i < tiles_.size(); ++i) {
    const std::int64_t from = static_cast<std::int64_t>(i) * intervalMs_;
    const std::int64_t to = i + 1 == tiles_.size() ? std::max(end, from + 1) : from + intervalMs_;
    text += "\n" + clock(from) + " --> " + clock(to) + "\n" + file +
            "#xywh=" + std::to_string(static_cast<int>(i) % across * tile.width) + "," +
            std::to_string(static_cast<int>(i) / across * tile.height) + "," +
            std::to_string(tile.width) + "," + std::to_string(tile.height) + "\n";
  }
  return text;
}

}  // namespace clipcourier::transcoder

#include "transcoder/worker/sound_line.h"

namespace clipcourier::transcoder {

SoundLine::Encoding::Encoding(int channels, int rate, int kilobits)
    : encoder(channels, rate, kilobits),
      track{&encoder.parameters(), encoder.codec().time_base},
      kbps(kilobits) {}

SoundLine::SoundLine(const AVStream& stream, const std::vector<ClipWish>& wishes, Out out)
    : stream_(stream), decoder_(stream, 1), tracks_(wishes.size(), nullptr), out_(std::move(out)) {
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const int kbps = wishes[i].plan.audioKbps;
    if (kbps <= 0) continue;
    Conversion& conversion = conversionFor(wishes[i]);
    Encoding* encoding = nullptr;
    for (const auto& each : conversion.encodings)
      if (each->kbps == kbps) encoding = each.get();
    if (!encoding)
      encoding =
          conversion.encodings
              .emplace_back(std::make_unique<Encoding>(conversion.channels, conversion.rate, kbps))
              .get();
    encoding->wishes.push_back(i);
    tracks_[i] = &encoding->track;
  }
  for (const auto& each : conversions_) {
    each->maker.emplace(each->rate, each->channels, each->startUs, each->samples,
                        each->encodings.front()->encoder.codec().frame_size);
    each->maker->shape(each->shape);
  }
}

SoundLine::Conversion& SoundLine::conversionFor(const ClipWish& wish) {
  const int channels = wish.plan.audioChannels, hertz = wish.plan.audioSampleRate;
  const Fraction rate = wish.plan.frameRate;
  const std::int64_t samples =
      av_rescale(wish.plan.slots, static_cast<std::int64_t>(hertz) * rate.den, rate.num);
  for (const auto& each : conversions_)
    if (each->channels == channels && each->rate == hertz && each->startUs == wish.startUs &&
        each->samples == samples && each->shape == wish.sound)
      return *each;
  return *conversions_.emplace_back(std::make_unique<Conversion>(
      Conversion{channels, hertz, wish.startUs, samples, wish.sound, {}, {}}));
}

const MuxTrack* SoundLine::track(std::size_t wish) const { return tracks_[wish]; }

bool SoundLine::full() const {
  for (const auto& each : conversions_)
    if (!each->maker->full()) return false;
  return true;
}

void SoundLine::feed(const AVPacket& packet) {
  decoder_.feed(packet, [&](Frame frame) { take(std::move(frame)); });
}

void SoundLine::take(Frame frame) {
  found_ = true;
  const std::int64_t us =
      frame->best_effort_timestamp != AV_NOPTS_VALUE
          ? av_rescale_q(frame->best_effort_timestamp, stream_.time_base, AV_TIME_BASE_Q)
          : nextUs_;
  if (frame->sample_rate > 0)
    nextUs_ = us + av_rescale(frame->nb_samples, 1'000'000, frame->sample_rate);
  for (const auto& each : conversions_)
    if (!each->maker->feed(share(*frame), us, [&](Frame chunk) { encode(*each, *chunk); }))
      lost_ = true;
}

void SoundLine::encode(Conversion& conversion, const AVFrame& chunk) {
  for (const auto& each : conversion.encodings)
    each->encoder.feed(chunk, [&](Packet packet) { hand(*each, *packet); });
}

void SoundLine::hand(const Encoding& encoding, const AVPacket& packet) {
  for (const std::size_t wish : encoding.wishes) out_(wish, share(packet));
}

void SoundLine::drain() {
  decoder_.drain([&](Frame frame) { take(std::move(frame)); });
  lost_ = lost_ || !found_;
  for (const auto& each : conversions_) {
    each->maker->drain([&](Frame chunk) { encode(*each, *chunk); });
    for (const auto& encoding : each->encodings)
      encoding->encoder.drain([&](Packet packet) { hand(*encoding, *packet); });
  }
}

}  // namespace clipcourier::transcoder

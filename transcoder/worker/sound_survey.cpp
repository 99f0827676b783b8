#include "transcoder/worker/sound_survey.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "transcoder/worker/decoder.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/encoder.h"
#include "transcoder/worker/sound_maker.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kRate = 48'000;
constexpr double kSilenceLufs = -50;  // a room in which nobody speaks
constexpr double kMaxLiftDb = 20;
constexpr double kMaxHeldDownDb = 12;  // more would be heard
constexpr double kCeilingDb = kMaxTruePeakDb - 0.3;
constexpr double kUnheardDb = 0.3;
constexpr int kMaxRounds = 4;

double linear(double db) { return std::pow(10, db / 20); }

std::string decibels(double db, char point) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.1f", db);
  for (char& c : text)
    if (c == '.') c = point;
  return text;
}

Notice changed(double db) {
  return {"repair.loudness",
          {"Lautstärke angepasst (" + decibels(db, ',') + " dB).",
           "Loudness adjusted (" + decibels(db, '.') + " dB)."}};
}

const Notice kTooQuiet{"warning.too_quiet",
                       {"Der Ton ist fast still; seine Lautstärke wurde nicht verändert.",
                        "The sound is nearly silent; its loudness was not changed."}};

// Sound as it comes out of a clip: encoded and decoded again.
class RoundTrip {
 public:
  RoundTrip(int channels, int rate, int kbps) : encoder_(channels, rate, kbps) {
    const AVCodec* decoder = avcodec_find_decoder(encoder_.parameters().codec_id);
    decoder_.reset(decoder ? avcodec_alloc_context3(decoder) : nullptr);
    if (!decoder_) throw std::bad_alloc();
    check(avcodec_parameters_to_context(decoder_.get(), &encoder_.parameters()), "trial encode");
    check(avcodec_open2(decoder_.get(), decoder, nullptr), "trial encode");
    skip_ = encoder_.codec().initial_padding;
  }

  int chunk() const { return encoder_.codec().frame_size; }
  template <class Out>
  void feed(const AVFrame& frame, Out&& out) {
    encoder_.feed(frame, [&](Packet packet) { decode(packet.get(), out); });
  }
  template <class Out>
  void drain(Out&& out) {
    encoder_.drain([&](Packet packet) { decode(packet.get(), out); });
    decode(nullptr, out);
  }

 private:
  template <class Out>
  void decode(const AVPacket* packet, Out& out) {
    check(avcodec_send_packet(decoder_.get(), packet), "trial encode");
    for (;;) {
      Frame frame = newFrame();
      const int rc = avcodec_receive_frame(decoder_.get(), frame.get());
      if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) return;
      check(rc, "trial encode");
      // What the encoder puts in front is no sound of the clip; it comes in whole frames.
      if (skip_ > 0)
        skip_ -= frame->nb_samples;
      else
        out(*frame);
    }
  }

  SoundEncoder encoder_;
  Codec decoder_;
  int skip_ = 0;
};

void hold(SoundShape& shape, const std::vector<float>& peaks) {
  const double ceiling = linear(kCeilingDb);
  const bool needed = std::any_of(peaks.begin(), peaks.end(),
                                  [&](float peak) { return peak * shape.gain > ceiling; });
  shape.limit =
      needed ? std::make_shared<const std::vector<float>>(limitCurve(peaks, shape.gain, ceiling))
             : nullptr;
}

// Where the encoded clip is too loud, the source counts as louder by as much. An encoder moves
// peaks a little, so their neighbours count as well.
bool learn(std::vector<float>& peaks, const Loudness& encoded) {
  constexpr std::size_t kNear = 12;  // milliseconds
  const double allowed = linear(kMaxTruePeakDb), aim = linear(kCeilingDb);
  bool changed = false;
  std::vector<float> factors(peaks.size(), 1);
  for (std::size_t i = 0; i < std::min(peaks.size(), encoded.peaks.size()); ++i) {
    if (encoded.peaks[i] <= allowed) continue;
    changed = true;
    const auto factor = static_cast<float>(encoded.peaks[i] / aim);
    for (std::size_t k = i < kNear ? 0 : i - kNear; k < std::min(i + kNear, factors.size()); ++k)
      factors[k] = std::max(factors[k], factor);
  }
  for (std::size_t i = 0; i < peaks.size(); ++i) peaks[i] *= factors[i];
  return changed;
}

}  // namespace

Loudness surveySound(int fd, std::int64_t startUs, std::int64_t endUs, int channels,
                     const SoundShape& shape, int kbps) {
  Demuxer demuxer(fd);
  LoudnessMeter meter;
  if (!demuxer.audio() || endUs <= startUs) return meter.finish();
  const AVRational base = demuxer.audio()->time_base;
  Decoder decoder(*demuxer.audio(), 1);
  const std::int64_t samples = av_rescale(endUs - startUs, kRate, 1'000'000);
  std::optional<RoundTrip> trip;
  if (kbps > 0) trip.emplace(channels, kRate, kbps);
  SoundMaker maker(kRate, channels, startUs, samples, trip ? trip->chunk() : 1024);
  maker.shape(shape);
  const auto meet = [&](const AVFrame& frame) { meter.feed(frame); };
  const auto measure = [&](Frame chunk) {
    if (trip)
      trip->feed(*chunk, meet);
    else
      meet(*chunk);
  };
  std::int64_t nextUs = 0;
  const auto take = [&](Frame frame) {
    const std::int64_t us = frame->best_effort_timestamp != AV_NOPTS_VALUE
                                ? av_rescale_q(frame->best_effort_timestamp, base, AV_TIME_BASE_Q)
                                : nextUs;
    if (frame->sample_rate > 0)
      nextUs = us + av_rescale(frame->nb_samples, 1'000'000, frame->sample_rate);
    maker.feed(std::move(frame), us, measure);
  };
  while (!maker.full()) {
    const Packet packet = demuxer.next();
    if (!packet) break;
    if (!demuxer.isVideo(*packet)) decoder.feed(*packet, take);
  }
  decoder.drain(take);
  maker.drain(measure);
  if (trip) trip->drain(meet);
  return meter.finish();
}

LoudnessPlan planLoudness(int fd, std::int64_t startUs, std::int64_t endUs, int channels, int kbps,
                          const Edits& edits) {
  LoudnessPlan plan;
  plan.shape.fadeInMs = edits.fadeInMs;
  plan.shape.fadeOutMs = edits.fadeOutMs;
  if (!edits.loudness) return plan;
  Loudness measured = surveySound(fd, startUs, endUs, channels, plan.shape);
  if (measured.lufs < kSilenceLufs) {
    plan.notice = kTooQuiet;
    return plan;
  }
  const double most = std::min(kMaxLiftDb, kCeilingDb + kMaxHeldDownDb - measured.truePeakDb());
  double db = std::min(kTargetLufs - measured.lufs, most);
  for (int round = 0; round < kMaxRounds; ++round) {
    plan.shape.gain = linear(db);
    hold(plan.shape, measured.peaks);
    const Loudness clip = surveySound(fd, startUs, endUs, channels, plan.shape, kbps);
    plan.lufs = clip.lufs;
    // What was held down is missing from the loudness; it is given back as far as peaks allow.
    const double more = std::min(kTargetLufs - clip.lufs, most - db);
    const bool tooLoud = learn(measured.peaks, clip);
    if (!tooLoud && std::abs(more) < kUnheardDb) break;
    if (round + 1 < kMaxRounds) {
      if (std::abs(more) >= kUnheardDb && round + 2 < kMaxRounds) db += more;
    } else if (tooLoud) {  // a little less of everything
      const double less = clip.truePeakDb() - kMaxTruePeakDb + 0.3;
      plan.shape.gain *= linear(-less);
      *plan.lufs -= less;
      db -= less;
    }
  }
  if (std::abs(db) >= kUnheardDb || plan.shape.limit) plan.notice = changed(db);
  return plan;
}

}  // namespace clipcourier::transcoder

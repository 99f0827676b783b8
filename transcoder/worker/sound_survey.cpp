#include "transcoder/worker/sound_survey.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "transcoder/worker/decoder.h"
#include "transcoder/worker/demuxer.h"
#include "transcoder/worker/sound_maker.h"

namespace clipcourier::transcoder {
namespace {

constexpr int kRate = 48'000;
constexpr double kSilenceLufs = -50;  // a room in which nobody speaks
constexpr double kMaxLiftDb = 20;
constexpr double kMaxHeldDownDb = 12;                // more would be heard
constexpr double kCeilingDb = kMaxTruePeakDb - 1.5;  // encoding adds to peaks
constexpr double kUnheardDb = 0.3;

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

void hold(SoundShape& shape, const Loudness& measured) {
  const double ceiling = linear(kCeilingDb);
  shape.limit = nullptr;
  if (measured.truePeak * shape.gain > ceiling)
    shape.limit =
        std::make_shared<const std::vector<float>>(limitCurve(measured.peaks, shape.gain, ceiling));
}

}  // namespace

Loudness surveySound(int fd, std::int64_t startUs, std::int64_t endUs, int channels,
                     const SoundShape& shape) {
  Demuxer demuxer(fd);
  LoudnessMeter meter;
  if (!demuxer.audio() || endUs <= startUs) return meter.finish();
  const AVRational base = demuxer.audio()->time_base;
  Decoder decoder(*demuxer.audio(), 1);
  const std::int64_t samples = av_rescale(endUs - startUs, kRate, 1'000'000);
  SoundMaker maker(kRate, channels, startUs, samples, 1024);
  maker.shape(shape);
  const auto measure = [&](Frame chunk) { meter.feed(*chunk); };
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
  return meter.finish();
}

LoudnessPlan planLoudness(int fd, std::int64_t startUs, std::int64_t endUs, int channels,
                          const Edits& edits) {
  LoudnessPlan plan;
  plan.shape.fadeInMs = edits.fadeInMs;
  plan.shape.fadeOutMs = edits.fadeOutMs;
  if (!edits.loudness) return plan;
  const Loudness measured = surveySound(fd, startUs, endUs, channels, plan.shape);
  if (measured.lufs < kSilenceLufs) {
    plan.notice = kTooQuiet;
    return plan;
  }
  const double most = std::min(kMaxLiftDb, kCeilingDb + kMaxHeldDownDb - measured.truePeakDb());
  double db = std::min(kTargetLufs - measured.lufs, most);
  plan.shape.gain = linear(db);
  hold(plan.shape, measured);
  plan.lufs = measured.lufs + db;
  if (plan.shape.limit) {
    // What was held down is missing from the loudness; give it back as far as peaks allow.
    const double got = surveySound(fd, startUs, endUs, channels, plan.shape).lufs;
    const double more = std::clamp(kTargetLufs - got, 0.0, std::max(0.0, most - db));
    db += more;
    plan.shape.gain = linear(db);
    hold(plan.shape, measured);
    plan.lufs = got + more;
  }
  if (std::abs(db) < kUnheardDb && !plan.shape.limit)
    plan.shape.gain = 1;
  else
    plan.notice = changed(db);
  return plan;
}

}  // namespace clipcourier::transcoder

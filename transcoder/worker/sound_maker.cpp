#include "transcoder/worker/sound_maker.h"

#include <algorithm>
#include <new>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

// Time stamps are rounded and jitter; what is off by less is no gap. Half of what lips betray.
constexpr int kJitterMs = 20;

// Surround on a phone: voices, which live in the middle, stay on top; the room around them comes
// down, and so does the bass channel, that is recorded to be played louder. Together they can be
// too loud for two channels; such moments are held down instead of all the rest.
std::string mixDown(const AVFrame& frame, int channels) {
  if (frame.ch_layout.nb_channels <= 2) return "";
  return std::string(":out_chlayout=") + (channels == 1 ? "mono" : "stereo") +
         ":internal_sample_fmt=fltp:out_sample_fmt=fltp:center_mix_level=0.84:surround_mix_level=0."
         "6:"
         "lfe_mix_level=0.25:rematrix_maxval=1000,volume=0.75,"
         "alimiter=limit=0.95:attack=1:release=80:level=0";
}

}  // namespace

SoundMaker::SoundMaker(int rate, int channels, std::int64_t startUs, std::int64_t samples,
                       int chunk)
    : rate_(rate),
      channels_(channels),
      chunk_(chunk),
      startUs_(startUs),
      samples_(samples),
      fifo_(av_audio_fifo_alloc(AV_SAMPLE_FMT_FLTP, channels, chunk * 4)) {
  if (!fifo_) throw std::bad_alloc();
}

bool SoundMaker::prepare(AVFrame& frame) {
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
    av_channel_layout_default(&frame.ch_layout, frame.ch_layout.nb_channels);
  const Kind kind{frame.sample_rate, frame.format, frame.ch_layout.nb_channels};
  if (kind_ && *kind_ == kind) return true;
  const std::string filters =
      "aresample=" + std::to_string(rate_) + mixDown(frame, channels_) +
      ",aformat=sample_fmts=fltp:channel_layouts=" + (channels_ == 1 ? "mono" : "stereo");
  try {
    graph_.emplace(frame, AVRational{1, frame.sample_rate}, filters);
  } catch (const Error&) {
    graph_.reset();
    return false;
  }
  kind_ = kind;
  return true;
}

bool SoundMaker::feed(Frame frame, std::int64_t us, const Out& out) {
  if (frame->sample_rate <= 0 || frame->nb_samples <= 0) return false;
  const Kind kind{frame->sample_rate, frame->format, frame->ch_layout.nb_channels};
  if (graph_ && !(*kind_ == kind)) flushGraph(out);
  if (!prepare(*frame)) return false;
  frame->pts = av_rescale(us - startUs_, frame->sample_rate, 1'000'000);
  inputEnd_ = frame->pts + frame->nb_samples;
  graph_->feed(std::move(frame), [&](Frame made) {
    place(*made, av_rescale_q(made->pts, graph_->outTimeBase(), {1, rate_}), out);
  });
  return true;
}

void SoundMaker::flushGraph(const Out& out) {
  if (!graph_) return;
  graph_->drain(inputEnd_, [&](Frame made) {
    place(*made, av_rescale_q(made->pts, graph_->outTimeBase(), {1, rate_}), out);
  });
  graph_.reset();
}

void SoundMaker::place(const AVFrame& frame, std::int64_t at, const Out& out) {
  const std::int64_t jitter = static_cast<std::int64_t>(rate_) * kJitterMs / 1000;
  const bool isFirst = written_ == 0;
  if (at > written_ + (isFirst ? 0 : jitter)) addSilence(at - written_, out);
  std::int64_t skip = at < written_ - (isFirst ? 0 : jitter) ? written_ - at : 0;
  if (isFirst && at < 0) skip = -at;
  const std::int64_t count = std::min<std::int64_t>(frame.nb_samples - skip, samples_ - written_);
  if (skip >= frame.nb_samples || count <= 0) return;
  void* planes[8] = {};
  for (int c = 0; c < channels_; ++c)
    planes[c] = frame.extended_data[c] + skip * static_cast<std::int64_t>(sizeof(float));
  check(av_audio_fifo_write(fifo_.get(), planes, static_cast<int>(count)), "sound buffer");
  written_ += count;
  emitChunks(out, false);
}

void SoundMaker::addSilence(std::int64_t count, const Out& out) {
  count = std::min(count, samples_ - written_);
  while (count > 0) {
    const int part = static_cast<int>(std::min<std::int64_t>(count, chunk_));
    Frame silence = emptyFrame(part);
    av_samples_set_silence(silence->extended_data, 0, part, channels_, AV_SAMPLE_FMT_FLTP);
    check(av_audio_fifo_write(fifo_.get(), reinterpret_cast<void**>(silence->extended_data), part),
          "sound buffer");
    written_ += part;
    count -= part;
    emitChunks(out, false);
  }
}

void SoundMaker::drain(const Out& out) {
  flushGraph(out);
  addSilence(samples_ - written_, out);
  emitChunks(out, true);
}

void SoundMaker::emitChunks(const Out& out, bool last) {
  while (av_audio_fifo_size(fifo_.get()) >= chunk_ ||
         (last && av_audio_fifo_size(fifo_.get()) > 0)) {
    Frame frame = emptyFrame(std::min(chunk_, av_audio_fifo_size(fifo_.get())));
    check(av_audio_fifo_read(fifo_.get(), reinterpret_cast<void**>(frame->extended_data),
                             frame->nb_samples),
          "sound buffer");
    frame->pts = emitted_;
    shape_.apply(*frame, emitted_, samples_);
    emitted_ += frame->nb_samples;
    out(std::move(frame));
  }
}

Frame SoundMaker::emptyFrame(int samples) const {
  Frame frame = newFrame();
  frame->format = AV_SAMPLE_FMT_FLTP;
  frame->sample_rate = rate_;
  frame->nb_samples = samples;
  av_channel_layout_default(&frame->ch_layout, channels_);
  check(av_frame_get_buffer(frame.get(), 0), "sound frame");
  return frame;
}

}  // namespace clipcourier::transcoder

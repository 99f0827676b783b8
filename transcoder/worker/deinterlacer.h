#pragma once

#include <optional>

#include "transcoder/worker/filter_graph.h"

namespace clipcourier::transcoder {

// Makes whole pictures of interlaced ones; others pass as they are. Times are microseconds in pts.
class Deinterlacer {
 public:
  template <class Out>
  void feed(Frame frame, Out&& out) {
    if (graph_ && !fits(*frame)) drain(out);
    if (!graph_) start(*frame);
    endUs_ = frame->pts + 40'000;
    graph_->feed(std::move(frame), [&](Frame whole) { out(timed(std::move(whole))); });
  }
  template <class Out>
  void drain(Out&& out) {
    if (graph_) graph_->drain(endUs_, [&](Frame whole) { out(timed(std::move(whole))); });
    graph_.reset();
  }

 private:
  bool fits(const AVFrame& frame) const {
    return frame.width == width_ && frame.height == height_ && frame.format == format_;
  }
  void start(const AVFrame& frame) {
    graph_.emplace(frame, AVRational{1, 1'000'000},
                   "bwdif=mode=send_frame:parity=auto:deint=interlaced");
    width_ = frame.width;
    height_ = frame.height;
    format_ = frame.format;
  }
  Frame timed(Frame frame) const {
    frame->pts = av_rescale_q(frame->pts, graph_->outTimeBase(), {1, 1'000'000});
    return frame;
  }

  std::optional<FilterGraph> graph_;
  int width_ = 0, height_ = 0, format_ = -1;
  std::int64_t endUs_ = 0;
};

}  // namespace clipcourier::transcoder

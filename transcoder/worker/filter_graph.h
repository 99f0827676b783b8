#pragma once

#include <string>

#include "transcoder/worker/av_ptr.h"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
}

namespace clipcourier::transcoder {

// A chain of libav filters with one way in and one way out, for frames of one kind.
class FilterGraph {
 public:
  // `like`: a frame as they will come in. Throws Error when libav does not take the filters.
  FilterGraph(const AVFrame& like, AVRational timeBase, const std::string& filters);

  template <class Out>
  void feed(Frame frame, Out&& out) {
    check(av_buffersrc_add_frame(source_, frame.get()), "filter");
    take(out);
  }
  // `endPts`: where the last frame fed ends, in the time base given above.
  template <class Out>
  void drain(std::int64_t endPts, Out&& out) {
    check(av_buffersrc_close(source_, endPts, 0), "filter");
    take(out);
  }
  AVRational outTimeBase() const { return av_buffersink_get_time_base(sink_); }

 private:
  template <class Out>
  void take(Out& out) {
    for (;;) {
      Frame frame = newFrame();
      const int rc = av_buffersink_get_frame(sink_, frame.get());
      if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) return;
      check(rc, "filter");
      out(std::move(frame));
    }
  }

  Graph graph_;
  AVFilterContext* source_ = nullptr;  // owned by the graph, as is the sink
  AVFilterContext* sink_ = nullptr;
};

}  // namespace clipcourier::transcoder

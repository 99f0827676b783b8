#include "transcoder/worker/filter_graph.h"

#include <array>
#include <new>

extern "C" {
#include <libavutil/avstring.h>
}

namespace clipcourier::transcoder {
namespace {

std::string fraction(AVRational r) { return std::to_string(r.num) + "/" + std::to_string(r.den); }

std::string videoArguments(const AVFrame& like, AVRational timeBase) {
  const AVRational aspect =
      like.sample_aspect_ratio.num > 0 ? like.sample_aspect_ratio : AVRational{1, 1};
  return "video_size=" + std::to_string(like.width) + "x" + std::to_string(like.height) +
         ":pix_fmt=" + std::to_string(like.format) + ":time_base=" + fraction(timeBase) +
         ":pixel_aspect=" + fraction(aspect);
}

std::string audioArguments(const AVFrame& like, AVRational timeBase) {
  std::array<char, 256> layout{};
  check(av_channel_layout_describe(&like.ch_layout, layout.data(), layout.size()),
        "channel layout");
  return "sample_rate=" + std::to_string(like.sample_rate) +
         ":sample_fmt=" + std::to_string(like.format) + ":time_base=" + fraction(timeBase) +
         ":channel_layout=" + layout.data();
}

}  // namespace

FilterGraph::FilterGraph(const AVFrame& like, AVRational timeBase, const std::string& filters)
    : graph_(avfilter_graph_alloc()) {
  if (!graph_) throw std::bad_alloc();
  graph_->nb_threads =
      1;  // the codecs have threads; this also keeps the result the same everywhere
  const bool video = like.width > 0;
  const std::string in = video ? videoArguments(like, timeBase) : audioArguments(like, timeBase);
  check(avfilter_graph_create_filter(&source_, avfilter_get_by_name(video ? "buffer" : "abuffer"),
                                     "in", in.c_str(), nullptr, graph_.get()),
        "filter source");
  check(avfilter_graph_create_filter(&sink_,
                                     avfilter_get_by_name(video ? "buffersink" : "abuffersink"),
                                     "out", nullptr, nullptr, graph_.get()),
        "filter sink");
  AVFilterInOut* outputs = avfilter_inout_alloc();
  AVFilterInOut* inputs = avfilter_inout_alloc();
  if (!outputs || !inputs) throw std::bad_alloc();
  *outputs = {av_strdup("in"), source_, 0, nullptr};
  *inputs = {av_strdup("out"), sink_, 0, nullptr};
  const int rc =
      avfilter_graph_parse_ptr(graph_.get(), filters.c_str(), &inputs, &outputs, nullptr);
  avfilter_inout_free(&inputs);
  avfilter_inout_free(&outputs);
  check(rc, "filters " + filters);
  check(avfilter_graph_config(graph_.get(), nullptr), "filters " + filters);
}

}  // namespace clipcourier::transcoder

#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include "transcoder/worker/av_compat.h"

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavutil/audio_fifo.h>
}

// Every libav object is owned from the moment it exists.
namespace clipcourier::transcoder {

template <auto Free>
struct Release {
  template <class T>
  void operator()(T* p) const noexcept {
    if constexpr (std::is_invocable_v<decltype(Free), T**>)
      Free(&p);
    else
      Free(p);
  }
};
using Packet = std::unique_ptr<AVPacket, Release<av_packet_free>>;
using Frame = std::unique_ptr<AVFrame, Release<av_frame_free>>;
using Codec = std::unique_ptr<AVCodecContext, Release<avcodec_free_context>>;
using CodecParameters = std::unique_ptr<AVCodecParameters, Release<avcodec_parameters_free>>;
using InputFile = std::unique_ptr<AVFormatContext, Release<avformat_close_input>>;
using OutputFile = std::unique_ptr<AVFormatContext, Release<avformat_free_context>>;
using Graph = std::unique_ptr<AVFilterGraph, Release<avfilter_graph_free>>;
using StreamFilter = std::unique_ptr<AVBSFContext, Release<av_bsf_free>>;
using AudioFifo = std::unique_ptr<AVAudioFifo, Release<av_audio_fifo_free>>;

// Whether that many bytes cannot be had any more.
bool memoryIsShort(std::size_t needed);

// Returns rc when libav succeeded; otherwise throws Error "<doing>: <libav's words>"
// (code "memory" when it ran out of that).
int check(int rc, const std::string& doing);

Packet newPacket();
Frame newFrame();
Frame share(const AVFrame& frame);  // another reference to the same pixels
Packet share(const AVPacket& packet);

}  // namespace clipcourier::transcoder

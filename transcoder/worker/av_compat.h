#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

// The one place that knows which libav this is. FFmpeg 5.1 (Debian 12) is the baseline; what newer
// ones renamed is asked for through these functions.
namespace clipcourier::transcoder {

inline bool isInterlaced(const AVFrame& frame) {
#ifdef AV_FRAME_FLAG_INTERLACED
  return frame.flags & AV_FRAME_FLAG_INTERLACED;
#else
  return frame.interlaced_frame;
#endif
}

inline bool isKeyFrame(const AVFrame& frame) {
#ifdef AV_FRAME_FLAG_KEY
  return frame.flags & AV_FRAME_FLAG_KEY;
#else
  return frame.key_frame;
#endif
}

inline std::int64_t frameDuration(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 2, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

// Side data of a stream, or null.
inline const std::uint8_t* sideData(const AVStream& stream, AVPacketSideDataType type,
                                    std::size_t& size) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  const AVPacketSideData* data = av_packet_side_data_get(stream.codecpar->coded_side_data,
                                                         stream.codecpar->nb_coded_side_data, type);
  size = data ? data->size : 0;
  return data ? data->data : nullptr;
#else
  return av_stream_get_side_data(&stream, type, &size);
#endif
}

inline const char* profileName(const AVCodecParameters& codec) {
  const char* name = avcodec_profile_name(codec.codec_id, codec.profile);
  return name ? name : "";
}

}  // namespace clipcourier::transcoder

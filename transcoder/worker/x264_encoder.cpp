#include "transcoder/worker/x264_encoder.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "transcoder/worker/h264.h"
#include "transcoder/worker/levels.h"
#include "transcoder/worker/rate_control.h"

extern "C" {
#include <x264.h>
}

namespace clipcourier::transcoder {
namespace {

struct Close {
  void operator()(x264_t* encoder) const noexcept { x264_encoder_close(encoder); }
};

// Each picture of the lookahead takes 3.3 bytes per pixel, and the last ones help least.
constexpr int kLargePixels = 1'300'000;
constexpr int kLargeLookahead = 20;

[[noreturn]] void cannot(const std::string& what) {
  throw Error(ErrorKind::internal, "x264 " + what);
}

// Fixed per size and not by the machine, because x264's output depends on it.
int threadsFor(int width, int height) {
  const int pixels = width * height;
  return pixels <= 320 * 240 ? 1 : pixels <= 640 * 480 ? 2 : 4;
}

void set(x264_param_t& param, const std::string& name, const std::string& value) {
  if (x264_param_parse(&param, name.c_str(), value.c_str()) != 0)
    cannot("does not take " + name + "=" + value);
}

void setPicture(x264_param_t& param, const Plan& plan) {
  param.i_csp = X264_CSP_I420;
  param.i_width = plan.width;
  param.i_height = plan.height;
  param.i_fps_num = static_cast<std::uint32_t>(plan.frameRate.num);
  param.i_fps_den = static_cast<std::uint32_t>(plan.frameRate.den);
  param.i_timebase_num = param.i_fps_den;
  param.i_timebase_den = param.i_fps_num;
  param.b_vfr_input = 0;
  param.vui.i_sar_width = param.vui.i_sar_height = 1;
  param.vui.i_colorprim = param.vui.i_transfer = param.vui.i_colmatrix = 1;  // BT.709
  param.vui.b_fullrange = 0;
  param.vui.i_chroma_loc = 0;  // left
}

// Pictures a decoder must hold, as x264 writes it into the stream.
int heldPictures(const x264_param_t& param) {
  const bool pyramid = param.i_bframe > 1 && param.i_bframe_pyramid != X264_B_PYRAMID_NONE;
  return std::max({param.i_frame_reference, pyramid ? 4 : 1, param.i_bframe > 0 ? 2 : 1});
}

// The lowest one that does, at most the profile's. x264 takes it as it is.
int levelFor(const Plan& plan, const Profile::Video& video, int held) {
  const int lowest =
      lowestLevel(plan.width, plan.height, plan.frameRate.value(), plan.maxKbps, held);
  return std::min(lowest, std::max(video.maxLevel, 10));
}

x264_param_t parametersFor(const Plan& plan, const Profile& profile) {
  const Profile::Video& video = profile.video;
  x264_param_t param;
  if (x264_param_default_preset(&param, video.preset.c_str(), nullptr) != 0)
    cannot("has no preset " + video.preset);
  setPicture(param, plan);
  // Below this level x264 does not measure. What it says goes nowhere.
  param.i_log_level = X264_LOG_INFO;
  param.pf_log = [](void*, int, const char*, va_list) {};
  param.i_threads = threadsFor(plan.width, plan.height);
  param.b_annexb = 0;
  param.b_repeat_headers = 0;  // they stand in avcC
  param.analyse.b_psnr = param.analyse.b_ssim = 1;
  param.i_bframe = video.maxBFrames;
  param.i_keyint_max =
      std::max(2, static_cast<int>(std::lround(plan.frameRate.value() * video.keyFrameSeconds)));
  param.rc.i_rc_method = X264_RC_CRF;
  param.rc.f_rf_constant = static_cast<float>(plan.crf);
  if (plan.width * plan.height > kLargePixels)
    param.rc.i_lookahead = std::min(param.rc.i_lookahead, kLargeLookahead);
  for (const std::string& each : text::split(video.x264, ':'))
    if (const auto equals = each.find('='); equals != std::string::npos)
      set(param, each.substr(0, equals), each.substr(equals + 1));
  if (x264_param_apply_profile(&param, video.profile.c_str()) != 0)
    cannot("has no profile " + video.profile);
  param.i_level_idc = levelFor(plan, video, heldPictures(param));
  return param;
}

// A NAL unit without its four bytes of length.
std::string_view contentOf(const x264_nal_t& nal) {
  return {reinterpret_cast<const char*>(nal.p_payload) + 4,
          static_cast<std::size_t>(nal.i_payload) - 4};
}

}  // namespace

struct X264Encoder::State {
  explicit State(const Plan& plan) : rate(plan) {}

  std::unique_ptr<x264_t, Close> encoder;
  x264_param_t param{};
  RateControl rate;
  std::int64_t pictures = 0;
  double ssim = 0, squaredError = 0;      // sums over the pictures
  std::vector<std::vector<float>> steps;  // of the quantiser, for each macroblock
  std::size_t nextStep = 0;

  void setSteps(const std::vector<int>& wanted, const Plan& plan) {
    const int blocks = ((plan.width + 15) / 16) * ((plan.height + 15) / 16);
    for (const int step : wanted)
      steps.emplace_back(static_cast<std::size_t>(blocks), static_cast<float>(step));
  }

  float* takeStep() { return steps.empty() ? nullptr : steps[nextStep++ % steps.size()].data(); }

  void note(const x264_image_properties_t& made) {
    ++pictures;
    ssim += made.f_ssim;
    // x264 says 100 dB of a picture without any error.
    if (made.f_psnr_avg < 99.9) squaredError += 255 * 255 / std::pow(10, made.f_psnr_avg / 10);
  }
};

X264Encoder::X264Encoder(const Plan& plan, const Profile& profile)
    : state_(std::make_unique<State>(plan)), timeBase_{plan.frameRate.den, plan.frameRate.num} {
  state_->param = parametersFor(plan, profile);
  state_->encoder.reset(x264_encoder_open(&state_->param));
  // It does not say why; wrong settings were refused before, so memory is what is left.
  if (!state_->encoder) throw std::bad_alloc();
  state_->setSteps(profile.video.quantiserSteps, plan);
  describe(plan);
}

X264Encoder::~X264Encoder() = default;

void X264Encoder::describe(const Plan& plan) {
  parameters_.reset(avcodec_parameters_alloc());
  if (!parameters_) throw std::bad_alloc();
  x264_nal_t* nals = nullptr;
  int count = 0;
  if (x264_encoder_headers(state_->encoder.get(), &nals, &count) < 0) cannot("gave no headers");
  std::string_view sps, pps;
  for (int i = 0; i < count; ++i) {
    if (nals[i].i_type == NAL_SPS) sps = contentOf(nals[i]);
    if (nals[i].i_type == NAL_PPS) pps = contentOf(nals[i]);
  }
  if (sps.size() < 4 || pps.empty()) cannot("gave no headers");
  const std::string header = makeAvcConfig(sps, pps);
  AVCodecParameters& to = *parameters_;
  to.codec_type = AVMEDIA_TYPE_VIDEO;
  to.codec_id = AV_CODEC_ID_H264;
  to.extradata =
      static_cast<std::uint8_t*>(av_mallocz(header.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (!to.extradata) throw std::bad_alloc();
  std::memcpy(to.extradata, header.data(), header.size());
  to.extradata_size = static_cast<int>(header.size());
  to.format = AV_PIX_FMT_YUV420P;
  to.profile = static_cast<unsigned char>(sps[1]);
  to.level = static_cast<unsigned char>(sps[3]);
  to.width = plan.width;
  to.height = plan.height;
  to.sample_aspect_ratio = {1, 1};
  to.field_order = AV_FIELD_PROGRESSIVE;
  to.color_range = AVCOL_RANGE_MPEG;
  to.color_primaries = AVCOL_PRI_BT709;
  to.color_trc = AVCOL_TRC_BT709;
  to.color_space = AVCOL_SPC_BT709;
  to.chroma_location = AVCHROMA_LOC_LEFT;
  x264_param_t& used = state_->param;
  x264_encoder_parameters(state_->encoder.get(), &used);
  to.video_delay = used.i_bframe > 0 ? (used.i_bframe_pyramid > 0 && used.i_bframe > 1 ? 2 : 1) : 0;
}

bool X264Encoder::isDelaying() const {
  return x264_encoder_delayed_frames(state_->encoder.get()) > 0;
}

Packet X264Encoder::encode(const AVFrame* frame) {
  x264_picture_t in, out;
  if (frame) {
    x264_picture_init(&in);
    in.img.i_csp = X264_CSP_I420;
    in.img.i_plane = 3;
    for (int plane = 0; plane < 3; ++plane) {
      in.img.plane[plane] = frame->data[plane];
      in.img.i_stride[plane] = frame->linesize[plane];
    }
    in.i_pts = frame->pts;
    in.prop.quant_offsets = state_->takeStep();  // read before the call returns
    keepRate();
  }
  x264_nal_t* nals = nullptr;
  int count = 0;
  const int size =
      x264_encoder_encode(state_->encoder.get(), &nals, &count, frame ? &in : nullptr, &out);
  if (size < 0) check(AVERROR_EXTERNAL, "x264 failed to encode a picture");
  if (size == 0) return nullptr;
  state_->note(out.prop);
  Packet packet = newPacket();
  check(av_new_packet(packet.get(), size), "a packet");
  int used = 0;
  for (int i = 0; i < count; ++i) {
    if (nals[i].i_type == NAL_SEI) continue;  // a clip holds nothing but the clip
    std::memcpy(packet->data + used, nals[i].p_payload,
                static_cast<std::size_t>(nals[i].i_payload));
    used += nals[i].i_payload;
  }
  av_shrink_packet(packet.get(), used);
  state_->rate.add(static_cast<std::size_t>(used));
  packet->pts = out.i_pts;
  packet->dts = out.i_dts;
  packet->duration = 1;  // or the MP4 loses its last frame
  if (out.b_keyframe) packet->flags |= AV_PKT_FLAG_KEY;
  return packet;
}

std::optional<Quality> X264Encoder::quality() const {
  if (state_->pictures == 0) return std::nullopt;
  const auto count = static_cast<double>(state_->pictures);
  const double error = state_->squaredError / count;
  const double psnr = error > 0 ? std::min(100.0, 10 * std::log10(255 * 255 / error)) : 100;
  return Quality{static_cast<int>(std::lround(1e6 * state_->ssim / count)),
                 static_cast<int>(std::lround(1e3 * psnr))};
}

double X264Encoder::starved() const { return state_->rate.starved(); }

// Small steps are not worth the call.
void X264Encoder::keepRate() {
  const auto crf = static_cast<float>(std::round(state_->rate.crf() * 4) / 4);
  if (crf == state_->param.rc.f_rf_constant) return;
  state_->param.rc.f_rf_constant = crf;
  if (x264_encoder_reconfig(state_->encoder.get(), &state_->param) != 0)
    cannot("does not take another rate factor");
}

}  // namespace clipcourier::transcoder

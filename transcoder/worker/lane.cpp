#include "transcoder/worker/lane.h"

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

// Enough to keep both sides busy; at 4K three pictures.
constexpr std::size_t kMaxPictures = 6;
constexpr std::size_t kMaxBytes = 40'000'000;

std::size_t bytesOf(const AVFrame& picture) {
  return static_cast<std::size_t>(picture.linesize[0]) * static_cast<std::size_t>(picture.height) *
         3 / 2;
}

}  // namespace

Lane::Lane(const LaneSettings& settings)
    : settings_(settings),
      encoder_(settings.plan, settings.profile),
      muxer_(settings.fd,
             {&encoder_.parameters(),
              encoder_.timeBase(),
              {settings.plan.frameRate.num, settings.plan.frameRate.den}},
             settings.sound),
      queue_(kMaxPictures, kMaxBytes) {}

Lane::~Lane() {
  abandon();
  join();
}

void Lane::start() {
  thread_ = std::thread([this] { run(); });
}

void Lane::picture(Frame picture) {
  const std::size_t bytes = bytesOf(*picture);
  if (!queue_.push(std::move(picture), bytes)) throw Abandoned();
}

void Lane::sound(Packet packet) {
  if (!queue_.push(std::move(packet), 0)) throw Abandoned();
}

void Lane::finish() { queue_.finish(); }

void Lane::join() {
  if (thread_.joinable()) thread_.join();
}

void Lane::run() try {
  while (auto item = queue_.pop()) {
    if (auto* packet = std::get_if<Packet>(&*item))
      muxer_.writeAudio(std::move(*packet));
    else
      take(std::move(std::get<Frame>(*item)));
  }
  if (queue_.abandoned()) throw Abandoned();
  for (Lane* each : smaller_) each->finish();
  encoder_.drain([&](Packet packet) { muxer_.writeVideo(std::move(packet)); });
  muxer_.finish();
} catch (...) {
  error_ = std::current_exception();
  abandon();
  for (Lane* each : smaller_) each->abandon();
}

void Lane::take(Frame picture) {
  const Frame own = scaled(std::move(picture));
  for (Lane* each : smaller_) each->picture(share(*own));
  encoder_.feed(*own, [&](Packet packet) { muxer_.writeVideo(std::move(packet)); });
}

Frame Lane::scaled(Frame picture) {
  const Plan& plan = settings_.plan;
  if (picture->width == plan.width && picture->height == plan.height) return picture;
  if (!scaler_)
    scaler_.emplace(*picture, AVRational{plan.frameRate.den, plan.frameRate.num},
                    "scale=w=" + std::to_string(plan.width) + ":h=" + std::to_string(plan.height) +
                        ":flags=bicubic+accurate_rnd+full_chroma_int");
  StageTimer timer(settings_.stages, "scale");
  Frame made;
  scaler_->feed(std::move(picture), [&](Frame out) { made = std::move(out); });
  if (!made) throw Error(ErrorKind::internal, "the scaler gave nothing");
  made->sample_aspect_ratio = {1, 1};
  return made;
}

}  // namespace clipcourier::transcoder

#include "http/video_json.h"

#include <nlohmann/json.hpp>

namespace clipcourier::http {
namespace {

using nlohmann::json;

json parsedOrNull(const std::string& text) { return text.empty() ? json() : json::parse(text); }

json toJson(const videos::Progress& progress) {
  return {{"percent", progress.percent},
          {"text", progress.words},
          {"retry_at", progress.retryAt ? json(toIso(*progress.retryAt)) : json()},
          {"last_error", progress.lastError.empty() ? json() : json(progress.lastError)}};
}

json filesOf(const videos::Clip& clip) {
  const std::string base =
      "/api/v1/videos/" + std::to_string(clip.videoId.value) + "/clips/" + clip.profile + "/";
  return {{"sha256", clip.sha256},
          {"bytes", clip.size.bytes},
          {"width", clip.width},
          {"height", clip.height},
          {"duration_ms", clip.duration.count()},
          {"ready_at", clip.readyAt ? json(toIso(*clip.readyAt)) : json()},
          {"content_url", base + "content"},
          {"poster_url", base + "poster"},
          {"thumbnail_url", base + "thumbnail"}};
}

json toJson(const videos::ClipView& view, VideoDetail detail) {
  const videos::Clip& clip = view.clip;
  json out{{"id", clip.id.value},
           {"profile", clip.profile},
           {"state", name(clip.state)},
           {"progress", toJson(view.progress)},
           {"failure", parsedOrNull(clip.failure)},
           {"created_at", toIso(clip.createdAt)}};
  if (clip.state == videos::ClipState::ready) out.update(filesOf(clip));
  if (detail == VideoDetail::full) out["report"] = parsedOrNull(clip.report);
  return out;
}

}  // namespace

json toJson(const videos::VideoView& view, VideoDetail detail) {
  const videos::Video& video = view.video;
  json clips = json::array(), twins = json::array();
  for (const auto& clip : view.clips) clips.push_back(toJson(clip, detail));
  for (const VideoId id : view.sameOriginal) twins.push_back(id.value);
  json out{{"id", video.id.value},
           {"title", video.title},
           {"filename", video.filename},
           {"state", name(video.state)},
           {"version", video.version},
           {"original", {{"sha256", video.originalSha256}, {"bytes", video.originalSize.bytes}}},
           {"same_original_as", twins},
           {"progress", toJson(view.progress)},
           {"failure", parsedOrNull(video.failure)},
           {"clips", clips},
           {"created_at", toIso(video.createdAt)},
           {"updated_at", toIso(video.updatedAt)}};
  if (detail == VideoDetail::full) out["source"] = parsedOrNull(video.source);
  return out;
}

}  // namespace clipcourier::http

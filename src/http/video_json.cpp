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

std::string addressOf(const videos::Video& video) {
  return "/api/v1/videos/" + std::to_string(video.id.value);
}

json filesOf(const videos::Clip& clip) {
  const std::string base =
      "/api/v1/videos/" + std::to_string(clip.videoId.value) + "/clips/" + clip.profile + "/";
  return {{"sha256", clip.sha256},
          {"bytes", clip.size.bytes},
          {"format", clip.format},
          {"width", clip.width},
          {"height", clip.height},
          {"duration_ms", clip.duration.count()},
          {"ready_at", clip.readyAt ? json(toIso(*clip.readyAt)) : json()},
          {"content_url", base + "content"},
          {"report_url", base + "report"}};
}

json toJson(const videos::ClipView& view, VideoDetail detail) {
  const videos::Clip& clip = view.clip;
  json out{{"id", clip.id.value},
           {"profile", clip.profile},
           {"state", name(clip.state)},
           {"edit_version", clip.editVersion},
           {"served_by", clip.servedBy.empty() ? json() : json(clip.servedBy)},
           {"progress", toJson(view.progress)},
           {"failure", parsedOrNull(clip.failure)},
           {"created_at", toIso(clip.createdAt)}};
  if (clip.state == videos::ClipState::ready) out.update(filesOf(clip));
  if (detail == VideoDetail::full) out["report"] = parsedOrNull(clip.report);
  return out;
}

json toJson(const videos::VideoPicture& picture, const std::string& folder) {
  json out{{"url", folder + fileName(picture)}, {"sha256", picture.file.sha256},
           {"bytes", picture.file.size.bytes},  {"width", picture.width},
           {"height", picture.height},          {"time_ms", picture.timeMs}};
  if (picture.kind == videos::PictureKind::storyboard) out["vtt_url"] = folder + "storyboard.vtt";
  if (picture.kind == videos::PictureKind::candidate) {
    out["number"] = picture.number;
    out["score"] = picture.score.value_or(0);
  }
  return out;
}

json fileJson(const videos::FileRef& file) {
  if (!file) return {};
  return {{"sha256", file.sha256}, {"bytes", file.size.bytes}};
}

// The poster of which revision is there, against the one that is wished for.
std::string posterState(const videos::VideoView& view) {
  if (!view.video.pictureFailure.empty()) return "failed";
  for (const videos::VideoPicture& picture : view.pictures)
    if (picture.kind == videos::PictureKind::poster &&
        picture.revision == view.video.pictureRevision)
      return "ready";
  return "making";
}

json posterUrls(const videos::VideoView& view) {
  json urls{{"poster_url", nullptr}, {"thumbnail_url", nullptr}};
  const std::string folder = addressOf(view.video) + "/pictures/";
  for (const videos::VideoPicture& picture : view.pictures) {
    if (picture.kind == videos::PictureKind::poster)
      urls["poster_url"] = folder + fileName(picture);
    if (picture.kind == videos::PictureKind::thumbnail)
      urls["thumbnail_url"] = folder + fileName(picture);
  }
  return urls;
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
           {"edit_version", video.editVersion},
           {"original", {{"sha256", video.originalSha256}, {"bytes", video.originalSize.bytes}}},
           {"same_original_as", twins},
           {"progress", toJson(view.progress)},
           {"failure", parsedOrNull(video.failure)},
           {"edits_failure", parsedOrNull(view.editsFailure)},
           {"clips", clips},
           {"created_at", toIso(video.createdAt)},
           {"updated_at", toIso(video.updatedAt)}};
  out.update(posterUrls(view));
  if (detail == VideoDetail::full) out["source"] = parsedOrNull(video.source);
  return out;
}

json editsJson(const videos::VideoView& view) {
  const videos::Video& video = view.video;
  return {{"edits", json::parse(video.edits)},
          {"edit_version", video.editVersion},
          {"captions", fileJson(video.captions)},
          {"logo", fileJson(video.logo)},
          {"state", name(video.state)},
          {"progress", toJson(view.progress)},
          {"edits_failure", parsedOrNull(view.editsFailure)}};
}

json picturesJson(const videos::VideoView& view) {
  const videos::Video& video = view.video;
  const bool byTime = video.poster.kind == videos::PosterWish::Kind::time;
  json pictures = json::object(), candidates = json::array();
  for (const videos::VideoPicture& picture : view.pictures) {
    json shown = toJson(picture, addressOf(video) + "/pictures/");
    if (picture.kind == videos::PictureKind::candidate)
      candidates.push_back(std::move(shown));
    else
      pictures[std::string(name(picture.kind))] = std::move(shown);
  }
  return {{"version", video.pictureRevision},
          {"edit_version", view.pictures.empty() ? 0 : view.pictures.front().editVersion},
          {"poster",
           {{"choice", name(video.poster.kind)},
            {"time_ms", byTime ? json(video.poster.atMs) : json()},
            {"state", posterState(view)},
            {"failure", parsedOrNull(video.pictureFailure)}}},
          {"pictures", pictures},
          {"candidates", candidates}};
}

std::string fileName(const videos::VideoPicture& picture) {
  switch (picture.kind) {
    case videos::PictureKind::poster: return "poster.jpg";
    case videos::PictureKind::posterWebp: return "poster.webp";
    case videos::PictureKind::thumbnail: return "thumbnail.jpg";
    case videos::PictureKind::badge: return "badge.jpg";
    case videos::PictureKind::candidate:
      return "candidate-" + std::to_string(picture.number) + ".jpg";
    case videos::PictureKind::storyboard: return "storyboard.jpg";
    case videos::PictureKind::preview: return "preview.webp";
  }
  return "poster.jpg";
}

}  // namespace clipcourier::http

#include "videos/video_view.h"

#include <algorithm>
#include <map>
#include <set>

#include "jobs/job_queue.h"
#include "videos/clip_repository.h"
#include "videos/picture_repository.h"
#include "videos/video_repository.h"
#include "videos/video_state.h"

namespace clipcourier::videos {
namespace {

// What the database knows of one video beside its own row.
struct Rows {
  std::vector<Clip> clips;  // newest first
  OpenJobs jobs;
  std::vector<VideoId> sameOriginal;
  std::vector<VideoPicture> pictures;
};

// The profiles in the order in which they were first planned, of each the newest clip first.
void sortByPlan(std::vector<Clip>& newestFirst) {
  std::map<std::string, std::int64_t> first;
  for (const Clip& clip : newestFirst) first[clip.profile] = clip.id.value;
  std::ranges::stable_sort(newestFirst, {},
                           [&](const Clip& clip) { return first.at(clip.profile); });
}

VideoView viewOf(Video video, Rows rows) {
  VideoView view{std::move(video),        {}, {}, {}, std::move(rows.sameOriginal),
                 std::move(rows.pictures)};
  view.progress = progressOf(view.video, rows.clips, rows.jobs);
  if (view.video.state == VideoState::ready)
    if (const Clip* refused = refusedEdits(rows.clips, view.video.editVersion))
      view.editsFailure = refused->failure;
  std::set<std::string> seen;
  sortByPlan(rows.clips);
  for (Clip& clip : rows.clips) {
    const bool newest = seen.insert(clip.profile).second;
    if (!newest && clip.state != ClipState::ready) continue;
    Progress progress = progressOf(clip, rows.jobs);
    view.clips.push_back({std::move(clip), std::move(progress)});
  }
  return view;
}

// All but clips and pictures, which a list does not show whole.
std::map<VideoId, Rows> rowsOf(db::Connection& connection, VideoId first, VideoId last) {
  std::map<VideoId, Rows> rows;
  jobs::JobList jobs(connection);
  for (auto& job : jobs.open(kProbeJob, first.value, last.value))
    rows[{job.subjectId}].jobs.probes.push_back(std::move(job));
  for (auto& job : jobs.open(kTranscodeJob, first.value, last.value))
    rows[{job.subjectId}].jobs.transcodes.push_back(std::move(job));
  for (auto& job : jobs.open(kPicturesJob, first.value, last.value))
    rows[{job.subjectId}].jobs.pictures.push_back(std::move(job));
  for (auto& [id, others] : VideoRepository(connection).sameOriginals(first, last))
    rows[id].sameOriginal = std::move(others);
  return rows;
}

}  // namespace

VideoView viewOf(db::Connection& connection, Video video) {
  const VideoId id = video.id;
  Rows rows = std::move(rowsOf(connection, id, id)[id]);
  rows.clips = ClipRepository(connection).ofVideo(id);
  PictureRepository pictures(connection);
  // Without a poster: what there is to choose one from.
  const std::int64_t withPosters = pictures.newestWithPosters(id, video.editVersion);
  rows.pictures = pictures.current(id, withPosters > 0 ? withPosters : video.editVersion);
  return viewOf(std::move(video), std::move(rows));
}

std::vector<VideoView> viewsOf(db::Connection& connection, std::vector<Video> page) {
  if (page.empty()) return {};
  const VideoId first = page.back().id, last = page.front().id;
  std::map<VideoId, Rows> rows = rowsOf(connection, first, last);
  for (Clip& clip : ClipRepository(connection).withoutReports(first, last))
    rows[clip.videoId].clips.push_back(std::move(clip));
  for (VideoPicture& picture : PictureRepository(connection).posters(first, last))
    rows[picture.videoId].pictures.push_back(std::move(picture));
  std::vector<VideoView> views;
  for (Video& video : page) {
    Rows& own = rows[video.id];
    views.push_back(viewOf(std::move(video), std::move(own)));
  }
  return views;
}

}  // namespace clipcourier::videos

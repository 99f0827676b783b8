#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/job_queue.h"
#include "jobs/job_runner.h"
#include "media/folder_store.h"
#include "media/partial_files.h"
#include "support/temp_folder.h"
#include "support/test_database.h"
#include "support/text_source.h"
#include "videos/clip_proof.h"
#include "videos/clip_repository.h"
#include "videos/edit_service.h"
#include "videos/ingest_service.h"
#include "videos/media_cleaner.h"
#include "videos/picture_repository.h"
#include "videos/probe_job.h"
#include "videos/transcode_job.h"
#include "videos/upload_service.h"
#include "videos/video_repository.h"
#include "videos/video_service.h"
#include "videos/video_view.h"

namespace clipcourier::videos {

// Everything the videos module needs, with a real database and store.
struct World {
  explicit World(db::Engine engine) : database(engine) {}
  World(db::Engine engine, const std::string& storeFolder)
      : database(engine), storePath(storeFolder) {}

  Video upload(std::string bytes, const UploadInfo& info = {"", "film.mp4"}) {
    TextSource source(std::move(bytes));
    return ingest.accept(info, ingest.receive(source), actor);
  }
  template <class F>
  auto write(F&& fn) {
    return database->write(std::forward<F>(fn));
  }
  Video video(VideoId id) {
    return database->read([&](db::Connection& c) { return VideoRepository(c).get(id); });
  }
  VideoView view(VideoId id) {
    return database->read([&](db::Connection& c) { return viewOf(c, VideoRepository(c).get(id)); });
  }
  std::vector<Clip> clips(VideoId id) {
    return database->read([&](db::Connection& c) { return ClipRepository(c).ofVideo(id); });
  }
  std::int64_t count(const std::string& what) {
    return database->read(
        [&](db::Connection& c) { return *c.scalar<std::int64_t>("SELECT count(*) FROM " + what); });
  }
  // As the job for pictures does.
  void addPoster(VideoId id) {
    write([&](db::Transaction& tx) {
      const Video of = VideoRepository(tx).get(id);
      VideoPicture poster;
      poster.videoId = id;
      poster.editVersion = of.editVersion;
      poster.revision = of.pictureRevision;
      poster.kind = PictureKind::poster;
      poster.file = {"aa", {1}};
      PictureRepository(tx).add(poster);
      updateState(tx, id, clock.now());
    });
  }
  std::vector<std::string> storedFiles() const;

  TestDatabase database;
  TempFolder folder;
  std::string storePath = folder / "store";
  media::FolderStore store{storePath};
  media::PartialFiles partials{storePath};
  SystemClock clock;
  jobs::Bell bell;
  crypto::KeyRing keys{Secret("a test's master key")};
  ClipProof proof{keys};
  Profiles profiles{transcoder::builtInProfiles(), {"whatsapp"}};
  Actor actor{"token", "1", "r1"};
  users::AuditLog auditLog{clock};
  IngestService ingest{*database, store, clock, bell, auditLog, 100_MB};
  UploadService uploads{*database, store, partials, ingest, clock, bell, std::chrono::hours(1)};
  VideoService service{*database, profiles, clock, bell, auditLog};
  EditService edits{*database, store, profiles, clock, bell, auditLog};
};

inline std::vector<std::string> World::storedFiles() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(storePath))
    if (!entry.is_directory()) names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace clipcourier::videos

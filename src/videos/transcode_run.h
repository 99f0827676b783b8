#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job_context.h"
#include "media/media_store.h"
#include "transcoder/process.h"
#include "videos/clip_proof.h"
#include "videos/pictures.h"
#include "videos/video_state.h"

namespace clipcourier::videos {

// What is still to be made of a video, read in one commit.
struct Missing {
  Video video;
  std::vector<Clip> clips;  // in the order in which they are to be made
  bool posters = false, candidates = false, extras = false;

  bool nothing() const { return clips.empty() && !posters && !candidates && !extras; }
};

// One run of the transcoder over one video. Each clip, picture and refusal is committed as it
// comes, so that a killed run leaves the rest and nothing twice. Borrows its arguments.
class TranscodeRun {
 public:
  struct Parts {
    media::MediaStore& store;
    const transcoder::Process& transcoder;
    const Profiles& profiles;
    const ClipProof& proof;
    const Clock& clock;
  };

  TranscodeRun(const Parts& parts, jobs::JobContext& context, Missing missing);
  ~TranscodeRun();

  // Throws what transcoder::Process throws; Error(conflict) "video.edited" when the video was
  // edited or removed meanwhile.
  void go();

 private:
  struct Files;
  transcoder::Work work();
  void addRendition(transcoder::Work& work, const Clip& clip);
  transcoder::Listener listener();
  std::optional<media::OpenFile> open(const FileRef& file);

  void keep(const transcoder::Posters& posters);
  void keep(const transcoder::Report& report);
  void keep(const transcoder::Extras& extras);
  void refuse(const transcoder::RenditionRefused& refused);
  void serve(const transcoder::RenditionServed& served);
  void fail(const Clip& clip, const std::string& code, const std::string& report);

  Clip& clipOf(const std::string& profile);
  FileRef store(int file, const std::string& reportedSha256, ByteSize limit);
  VideoPicture picture(PictureKind kind, int file, const transcoder::PictureFile& reported);
  // Commits while the video still is as it was when the run began.
  void commit(const jobs::JobContext::Work& work);

  const Parts parts_;
  jobs::JobContext& context_;
  Missing missing_;
  std::map<std::string, Clip> clips_;  // by profile
  std::unique_ptr<Files> files_;
};

}  // namespace clipcourier::videos

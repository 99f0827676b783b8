#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/byte_source.h"
#include "db/database.h"
#include "jobs/bell.h"
#include "media/media_store.h"
#include "transcoder/edits.h"
#include "users/audit_log.h"
#include "videos/video_state.h"

namespace clipcourier::videos {

inline constexpr ByteSize kMaxCaptions{1'000'000};
inline constexpr ByteSize kMaxLogo{10'000'000};  // as the transcoder takes it
inline constexpr ByteSize kMaxPosterImage{20'000'000};

// What people change about a video: its edits with captions and logo, and its poster.
//
// A change of the edits ends the work that is going on at once and makes all clips anew; the ones
// there stay until the new ones are ready, and those that campaigns hold stay for good. Each throws
// Error(notFound) for a video that is not there, and Error(conflict): "video.edits_changed" when
// `version` is given and not the edit version any more, "video.poster_changed" when `revision` is
// given and not the picture revision any more. Thread-safe.
class EditService {
 public:
  // Borrows its arguments; they must outlive it.
  EditService(db::Database& database, media::MediaStore& store, const Profiles& profiles,
              const Clock& clock, jobs::Bell& bell, const users::AuditLog& audit)
      : database_(database),
        store_(store),
        profiles_(profiles),
        clock_(clock),
        bell_(bell),
        audit_(audit) {}

  // `edits` is what transcoder::parseEdits() takes. Error(invalidInput) "edits.invalid" names every
  // mistake, also what does not fit this video: a logo or captions that were not uploaded, times
  // outside of it. Error(invalidInput) "captions.invalid" when those there are not of that format.
  Video setEdits(VideoId id, std::optional<std::int64_t> version, const nlohmann::json& edits,
                 const Actor& actor);

  // Stores the text and burns it in. `format` is "srt" or "webvtt". Error(invalidInput)
  // "captions.invalid" when it is no such text, Error(tooLarge).
  Video setCaptions(VideoId id, std::optional<std::int64_t> version, const std::string& format,
                    ByteSource& text, const Actor& actor);
  Video removeCaptions(VideoId id, std::optional<std::int64_t> version, const Actor& actor);

  // Stores a PNG, JPEG or WebP and shows it, in the corner the edits name or the default one.
  // Error(unsupported) "image.type" for anything else.
  Video setLogo(VideoId id, std::optional<std::int64_t> version, ByteSource& image,
                const Actor& actor);
  Video removeLogo(VideoId id, std::optional<std::int64_t> version, const Actor& actor);

  // The clips stay as they are. A time is that of the clip; Error(invalidInput) "poster.time" when
  // it lies behind the video's end.
  Video choosePoster(VideoId id, std::optional<std::int64_t> revision, const PosterWish& wish,
                     const Actor& actor);
  // The picture of a candidate as pictures list them; Error(notFound) "poster.no_candidate".
  Video chooseCandidate(VideoId id, std::optional<std::int64_t> revision, int number,
                        const Actor& actor);
  Video uploadPoster(VideoId id, std::optional<std::int64_t> revision, ByteSource& image,
                     const Actor& actor);

 private:
  using Change = std::function<void(Video&, transcoder::Edits&)>;
  using Check = std::function<void(const Video&)>;
  Video load(VideoId id) const;
  Video change(VideoId id, std::optional<std::int64_t> version, const Actor& actor,
               const char* action, const Change& change);
  void makeAnew(db::Transaction& tx, const Video& video);
  void requireCaptionsOf(VideoId id, const std::string& format) const;
  // Stores the image unless `check` throws.
  FileRef receiveImage(VideoId id, ByteSource& image, ByteSize limit, const Check& check);

  db::Database& database_;
  media::MediaStore& store_;
  const Profiles& profiles_;
  const Clock& clock_;
  jobs::Bell& bell_;
  const users::AuditLog& audit_;
};

}  // namespace clipcourier::videos

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id.h"

namespace clipcourier::tracking {

// Which links a revocation ends: that of one message, those of a campaign, or all whose page shows
// a clip (by its bytes).
enum class LinkScope { message, campaign, clip };
std::string name(LinkScope scope);

struct LinkSubject {
  LinkScope scope = LinkScope::message;
  std::int64_t id = 0;
};

struct Revocation {
  std::string reason;
  std::string by;  // "token:7"
  TimePoint at;    // when it was said
  TimePoint from;  // from when on the links are dead
  std::int64_t version = 1;
};

enum class PageShows {
  sent,     // the clip that was sent
  clip,     // another one
  nothing,  // a page that says that the video was withdrawn
};
std::string name(PageShows shows);

// What the pages of a campaign's messages in one language show, and what was sent.
struct PageChoice {
  std::string language;
  ClipId sentClip;
  std::string sentSha256;
  PageShows shows = PageShows::sent;
  ClipId clip;         // what is shown instead; only with PageShows::clip
  std::string sha256;  // of it
  std::int64_t pictureRevision = 0;
  std::string reason, by;  // empty as long as nobody has changed anything
  std::optional<TimePoint> at;
  std::int64_t version = 0;  // rises with each change
};

}  // namespace clipcourier::tracking

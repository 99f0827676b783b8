#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/byte_size.h"
#include "base/clock.h"

namespace clipcourier::tracking {

// A file of the media store that a page shows.
struct WatchMedia {
  std::string sha256;
  ByteSize size;
  std::string contentType;
};

struct WatchPicture {
  WatchMedia media;
  int width = 0, height = 0;
};
using WatchStream = WatchPicture;

// What one customer sees at the address in the message.
struct WatchPage {
  std::string title;          // of the video, in `language`
  std::string senderName;     // who sent it, as people know them
  std::string language;       // of the message: "de", "en"
  int width = 0, height = 0;  // of the clip, in pixels
  Millis duration{0};
  WatchMedia clip;                        // what was sent, or what is shown instead
  std::vector<WatchStream> streams = {};  // at least as large, for this page; the largest first
  WatchMedia poster;                      // JPEG
  std::optional<WatchMedia> posterWebp = {};
  std::optional<WatchPicture> badge = {};  // the poster with a play sign, for link previews
};

struct NoSuchPage {};    // a token we did not make, or of a message that is gone
struct PageIsOver {      // its time has passed, or its customer asked to be forgotten
  std::string language;  // "" when it is not known any more
  bool revoked = false;  // its sender took the link back
};
using WatchLookup = std::variant<WatchPage, NoSuchPage, PageIsOver>;

// In the order they happen; each implies those before it.
enum class WatchEvent {
  opened,     // a person has the page before their eyes
  played,     // the video began
  watched25,  // so much of it was seen, in percent
  watched50,
  watched75,
  completed,  // the video was seen to its end
};
inline constexpr int kWatchEvents = 6;
std::string_view name(WatchEvent event);  // "opened", "watched_25", ...
std::optional<WatchEvent> watchEvent(std::string_view name);

// Where watch pages come from. Thread-safe.
struct WatchPages {
  virtual ~WatchPages() = default;
  virtual WatchLookup find(const std::string& token) const = 0;
  // Comes more than once for a page, and as often as somebody likes: repetitions count nothing and
  // cost little. Returns false when there is no such page, or it is over.
  virtual bool record(const std::string& token, WatchEvent event) = 0;
};

}  // namespace clipcourier::tracking

#pragma once

#include <string>

#include "http/reply.h"
#include "http/watch_endpoints.h"

// The public pages as HTML: templates from pages/, words from pages/words.json.
namespace clipcourier::http {

// "de" or "en", whichever was asked for (?lang=), else the message's, else the browser's first that
// we speak, else English.
std::string pageLanguage(const Request& request, const std::string& messageLanguage);

Reply watchHtml(const tracking::WatchPage& page, const WatchSettings& settings,
                const std::string& token, const std::string& language);
// A friendly page instead of the video: `words` is "unknown" (404), "over" or "revoked"
// (410).
Reply absentHtml(const WatchSettings& settings, const std::string& words, int status,
                 const std::string& token, const std::string& language);

// The script of the watch page. Its address carries its hash, so it may be kept.
Reply watchScript();

}  // namespace clipcourier::http

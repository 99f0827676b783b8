#include "http/watch_html.h"

#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/embedded.h"
#include "base/text.h"
#include "http/language.h"

namespace clipcourier {
extern const EmbeddedFile pageFiles[];
extern const int pageFilesCount;
}  // namespace clipcourier

namespace clipcourier::http {
namespace {

using kainjow::mustache::data;

std::string pageFile(std::string_view name) {
  for (int i = 0; i < pageFilesCount; ++i) {
    if (name == pageFiles[i].name) return pageFiles[i].content;
  }
  throw Error(ErrorKind::internal, "there is no page file " + std::string(name));
}

// What does not change from page to page.
struct Parts {
  std::string watch = pageFile("watch.mustache");
  std::string absent = pageFile("absent.mustache");
  std::string css = pageFile("watch.css");
  std::string script = pageFile("watch.js");
  std::string scriptVersion = crypto::hex(crypto::sha256(script)).substr(0, 16);
  nlohmann::json words = nlohmann::json::parse(pageFile("words.json"));
};
const Parts& parts() {
  static const Parts parts;
  return parts;
}

// A policy names inline styles by their hash and allows no inline script, so nothing that slips
// into a page can run. From our own address only the script is served as one.
std::string hashSource(const std::string& code) {
  return "'sha256-" + crypto::base64(crypto::sha256(code)) + '\'';
}

// A page without pictures has an empty icon in its head, so that no browser asks for one.
std::string policy(const std::string& ownCss) {
  return "default-src 'none'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
         "style-src " +
         hashSource(parts().css) + (ownCss.empty() ? "" : ' ' + hashSource(ownCss)) +
         "; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

std::string clockText(Millis duration) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(duration).count();
  const std::string rest = std::to_string(seconds % 60);
  return std::to_string(seconds / 60) + ':' + (rest.size() < 2 ? "0" : "") + rest;
}

std::string firstCharacter(const std::string& name) {
  for (std::size_t size = 1; size <= 4 && size <= name.size(); ++size) {
    if (text::isUtf8(name.substr(0, size))) return name.substr(0, size);
  }
  return "";
}

data wordsOf(const std::string& section, const std::string& language) {
  data words;
  for (const auto& [name, word] : parts().words.at(language).at(section).items()) {
    words.set(name, word.get<std::string>());
  }
  return words;
}

data common(const WatchSettings& settings, const std::string& token, const std::string& language) {
  data page;
  page.set("words", wordsOf("common", language));
  page.set("language", language);
  page.set("otherLanguage", language == "de" ? "en" : "de");
  page.set("token", token);
  page.set("css", parts().css);
  page.set("scriptVersion", parts().scriptVersion);
  if (!settings.imprintUrl.empty()) page.set("imprintUrl", settings.imprintUrl);
  if (!settings.privacyUrl.empty()) page.set("privacyUrl", settings.privacyUrl);
  return page;
}

Reply finish(const std::string& pattern, data& page, int status, const std::string& ownCss) {
  kainjow::mustache::mustache mustache(pattern);
  const std::string language = page.get("language")->string_value();
  return html(mustache.render(page), status)
      .with("Content-Security-Policy", policy(ownCss))
      .with("Content-Language", language)
      .with("Cache-Control", "private, no-cache")
      .with("Vary", "Accept-Language")
      .with("X-Robots-Tag", "noindex, nofollow")
      .with("Cross-Origin-Opener-Policy", "same-origin")
      .with("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()");
}

// What is larger than this is for large screens: phones pay for each byte.
constexpr int kLargeSide = 1280;

data sourcesOf(const tracking::WatchPage& watch, const std::string& token) {
  data sources(data::type::list);
  for (const tracking::WatchStream& stream : watch.streams) {
    data source;
    source.set("url", token + "/streams/" + stream.media.sha256);
    source.set("type", stream.media.contentType);
    source.set("large", std::max(stream.width, stream.height) > kLargeSide);
    sources.push_back(source);
  }
  return sources;
}

// The picture of a link's bubble: with a play sign, where there is one.
void setPreview(data& page, const tracking::WatchPage& watch) {
  page.set("previewName", watch.badge ? "badge.jpg" : "poster.jpg");
  page.set("previewType", watch.badge ? watch.badge->media.contentType : watch.poster.contentType);
  page.set("previewWidth", std::to_string(watch.badge ? watch.badge->width : watch.width));
  page.set("previewHeight", std::to_string(watch.badge ? watch.badge->height : watch.height));
}

bool spoken(const std::string& language) { return parts().words.contains(language); }

}  // namespace

std::string pageLanguage(const Request& request, const std::string& messageLanguage) {
  const std::string asked = request.query("lang").value_or("");
  if (spoken(asked)) return asked;
  const std::string own = text::language(messageLanguage).value_or("");
  if (spoken(own)) return own;
  return acceptedLanguage(request).value_or("en");
}

Reply watchHtml(const tracking::WatchPage& watch, const WatchSettings& settings,
                const std::string& token, const std::string& language) {
  const std::string size = ":root{--w:" + std::to_string(std::max(watch.width, 1)) +
                           ";--h:" + std::to_string(std::max(watch.height, 1)) + '}';
  data page = common(settings, token, language);
  page.set("pageUrl", settings.publicUrl + "/w/" + token);
  page.set("title", watch.title);
  page.set("senderName", watch.senderName);
  page.set("initial", firstCharacter(watch.senderName));
  page.set("duration", clockText(watch.duration));
  page.set("width", std::to_string(watch.width));
  page.set("height", std::to_string(watch.height));
  page.set("clipType", watch.clip.contentType);
  page.set("contentLanguage", text::language(watch.language).value_or(language));
  page.set("locale", language == "de" ? "de_DE" : "en_GB");
  page.set("size", size);
  page.set("sources", sourcesOf(watch, token));
  setPreview(page, watch);
  return finish(parts().watch, page, 200, size);
}

Reply watchScript() {
  return bytes(parts().script, "text/javascript; charset=utf-8")
      .with("Cache-Control", "public, max-age=86400");
}

Reply absentHtml(const WatchSettings& settings, const std::string& words, int status,
                 const std::string& token, const std::string& language) {
  data page = common(settings, token, language);
  page.set("absent", wordsOf(words, language));
  return finish(parts().absent, page, status, "");
}

}  // namespace clipcourier::http

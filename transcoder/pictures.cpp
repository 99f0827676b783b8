#include "transcoder/pictures.h"

#include <nlohmann/json.hpp>

namespace clipcourier::transcoder {

using nlohmann::json;

void to_json(json& j, const PictureFile& o) {
  j = {{"width", o.width},
       {"height", o.height},
       {"bytes", o.bytes},
       {"sha256", o.sha256},
       {"time_ms", o.timeMs}};
}

void from_json(const json& j, PictureFile& o) {
  j.at("width").get_to(o.width);
  j.at("height").get_to(o.height);
  j.at("bytes").get_to(o.bytes);
  j.at("sha256").get_to(o.sha256);
  j.at("time_ms").get_to(o.timeMs);
}

void to_json(json& j, const Candidate& o) {
  j = {{"time_ms", o.timeMs}, {"score", o.score}, {"thumbnail", o.thumbnail}};
}

void from_json(const json& j, Candidate& o) {
  j.at("time_ms").get_to(o.timeMs);
  j.at("score").get_to(o.score);
  j.at("thumbnail").get_to(o.thumbnail);
}

void to_json(json& j, const Posters& o) {
  j = {{"poster", o.poster}, {"poster_webp", o.posterWebp}, {"thumbnail", o.thumbnail},
       {"badge", o.badge},   {"candidates", o.candidates},  {"chosen", o.chosen}};
}

void from_json(const json& j, Posters& o) {
  j.at("poster").get_to(o.poster);
  j.at("poster_webp").get_to(o.posterWebp);
  j.at("thumbnail").get_to(o.thumbnail);
  j.at("badge").get_to(o.badge);
  j.at("candidates").get_to(o.candidates);
  j.at("chosen").get_to(o.chosen);
}

void to_json(json& j, const Extras& o) {
  j = {{"storyboard", o.storyboard}, {"storyboard_vtt", o.storyboardVtt}, {"preview", o.preview}};
}

void from_json(const json& j, Extras& o) {
  j.at("storyboard").get_to(o.storyboard);
  j.at("storyboard_vtt").get_to(o.storyboardVtt);
  j.at("preview").get_to(o.preview);
}

}  // namespace clipcourier::transcoder

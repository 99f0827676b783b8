#include "transcoder/edits.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace clipcourier::transcoder {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxMistakes = 50;  // a hostile request gets no endless answer

class Mistakes {
 public:
  void add(const std::string& where, std::string what, const char* code = "field.not_valid") {
    if (details_.size() < kMaxMistakes) details_.push_back({code, where, std::move(what)});
  }
  void throwIfAny() {
    if (details_.empty()) return;
    std::string all;
    for (const auto& each : details_) all += "; " + each.where + " " + each.what;
    throw Error(ErrorKind::invalidInput, "the edits are not valid" + all,
                "Correct the named fields.", "edits.invalid")
        .with(std::move(details_));
  }

 private:
  std::vector<ErrorDetail> details_;
};

// One JSON object, read field by field. A field that is absent or null keeps its default.
class Fields {
 public:
  Fields(const json& object, std::string prefix, Mistakes& mistakes)
      : object_(object), prefix_(std::move(prefix)), mistakes_(mistakes) {
    if (object_.is_object()) return;
    mistakes_.add(prefix_.empty() ? "edits" : prefix_.substr(0, prefix_.size() - 1),
                  "must be an object");
  }

  template <class T>
  void number(const char* name, T& target, std::int64_t lowest, std::int64_t highest) {
    const json* field = find(name);
    if (!field) return;
    // An unsigned number above the signed range would wrap, so it is compared as what it is.
    const bool huge =
        field->is_number_unsigned() && field->get<std::uint64_t>() > std::uint64_t{INT64_MAX};
    if (!field->is_number_integer() || huge || field->get<std::int64_t>() < lowest ||
        field->get<std::int64_t>() > highest)
      return mistakes_.add(prefix_ + name, "must be a whole number from " + std::to_string(lowest) +
                                               " to " + std::to_string(highest));
    target = static_cast<T>(field->get<std::int64_t>());
  }

  void flag(const char* name, bool& target) {
    const json* field = find(name);
    if (!field) return;
    if (!field->is_boolean()) return mistakes_.add(prefix_ + name, "must be true or false");
    target = field->get<bool>();
  }

  void choice(const char* name, std::string& target, const std::vector<std::string>& allowed) {
    const json* field = find(name);
    if (!field) return;
    std::string list;
    for (const std::string& each : allowed) {
      if (field->is_string() && *field == each) {
        target = each;
        return;
      }
      list += (list.empty() ? "" : ", ") + each;
    }
    mistakes_.add(prefix_ + name, "must be one of " + list);
  }

  bool colour(const char* name, std::uint32_t& target) {
    const json* field = find(name);
    if (!field) return false;
    const auto value =
        field->is_string() ? parseColour(field->get_ref<const std::string&>()) : std::nullopt;
    if (!value) {
      mistakes_.add(prefix_ + name, "must be a colour like #ffffff");
      return false;
    }
    target = *value;
    return true;
  }

  const json* find(const char* name) {
    known_.insert(name);
    if (!object_.is_object()) return nullptr;
    const auto field = object_.find(name);
    return field == object_.end() || field->is_null() ? nullptr : &*field;
  }

  void refuseOthers() {
    if (!object_.is_object()) return;
    for (const auto& [name, value] : object_.items())
      if (!known_.contains(name))
        mistakes_.add(prefix_ + text::truncate(name, 60), "is no field of edits", "field.unknown");
  }

  void missing(const char* name) { mistakes_.add(prefix_ + name, "is missing"); }

 private:
  const json& object_;
  std::string prefix_;
  Mistakes& mistakes_;
  std::set<std::string> known_;
};

Edits::Fit parseFit(const json& object, Mistakes& mistakes) {
  Edits::Fit fit;
  Fields fields(object, "fit.", mistakes);
  if (object.is_object() && !fields.find("shape")) fields.missing("shape");
  fields.choice("shape", fit.shape, {"9:16", "4:5", "1:1", "16:9"});
  fields.choice("fill", fit.fill, {"crop", "blur", "colour"});
  fields.number("focus_x", fit.focusX, 0, 100);
  fields.number("focus_y", fit.focusY, 0, 100);
  fields.colour("colour", fit.colour);
  fields.refuseOthers();
  return fit;
}

Edits::Logo parseLogo(const json& object, Mistakes& mistakes) {
  Edits::Logo logo;
  Fields fields(object, "logo.", mistakes);
  fields.choice("corner", logo.corner, {"top-left", "top-right", "bottom-left", "bottom-right"});
  fields.number("width_percent", logo.widthPercent, 2, 60);
  fields.number("margin_percent", logo.marginPercent, 0, 20);
  fields.number("opacity_percent", logo.opacityPercent, 5, 100);
  fields.refuseOthers();
  return logo;
}

void readTrim(Fields& fields, Edits& edits, Mistakes& mistakes) {
  fields.number("trim_start_ms", edits.trimStartMs, 0, kMaxTrimMs);
  if (fields.find("trim_end_ms")) {
    std::int64_t end = kMaxTrimMs;  // stays when it is no number, which is a mistake of its own
    fields.number("trim_end_ms", end, 1, kMaxTrimMs);
    edits.trimEndMs = end;
  }
  if (edits.trimEndMs && *edits.trimEndMs <= edits.trimStartMs)
    mistakes.add("trim_end_ms", "must be after trim_start_ms");
  fields.flag("trim_black", edits.trimBlack);
  fields.flag("trim_silence", edits.trimSilence);
}

}  // namespace

std::optional<Shape> parseShape(const std::string& shape) {
  if (shape == "9:16") return Shape{9, 16};
  if (shape == "4:5") return Shape{4, 5};
  if (shape == "1:1") return Shape{1, 1};
  if (shape == "16:9") return Shape{16, 9};
  return std::nullopt;
}

std::optional<std::uint32_t> parseColour(const std::string& text) {
  std::uint32_t value = 0;
  if (text.size() != 7 || text[0] != '#') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, value, 16);
  if (error != std::errc() || end != text.data() + 7) return std::nullopt;
  return value;
}

std::string colourText(std::uint32_t colour) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "#";
  for (int shift = 20; shift >= 0; shift -= 4) text += kDigits[colour >> shift & 15];
  return text;
}

Edits parseEdits(const json& object) {
  Mistakes mistakes;
  Edits edits;
  Fields fields(object, "", mistakes);
  readTrim(fields, edits, mistakes);
  if (const json* fit = fields.find("fit")) edits.fit = parseFit(*fit, mistakes);
  fields.flag("loudness", edits.loudness);
  fields.flag("mute", edits.mute);
  fields.number("fade_in_ms", edits.fadeInMs, 0, kMaxFadeMs);
  fields.number("fade_out_ms", edits.fadeOutMs, 0, kMaxFadeMs);
  if (const json* logo = fields.find("logo")) edits.logo = parseLogo(*logo, mistakes);
  if (fields.find("captions"))
    fields.choice("captions", edits.captions.emplace(), {"srt", "webvtt"});
  std::uint32_t background = 0;
  if (fields.colour("background", background)) edits.background = background;
  fields.refuseOthers();
  mistakes.throwIfAny();
  return canonical(std::move(edits));
}

Edits canonical(Edits edits) {
  if (edits.mute) edits.loudness = false;
  if (edits.fit && edits.fit->fill != "crop") edits.fit->focusX = edits.fit->focusY = 50;
  if (edits.fit && edits.fit->fill != "colour") edits.fit->colour = 0;
  return edits;
}

void to_json(json& j, const Edits& edits) {
  j = json::object();
  const Edits none;
  const auto put = [&](const char* name, const auto& value, const auto& usual) {
    if (!(value == usual)) j[name] = value;
  };
  put("trim_start_ms", edits.trimStartMs, none.trimStartMs);
  if (edits.trimEndMs) j["trim_end_ms"] = *edits.trimEndMs;
  put("trim_black", edits.trimBlack, false);
  put("trim_silence", edits.trimSilence, false);
  if (const auto& fit = edits.fit)
    j["fit"] = {{"shape", fit->shape},
                {"fill", fit->fill},
                {"focus_x", fit->focusX},
                {"focus_y", fit->focusY},
                {"colour", colourText(fit->colour)}};
  put("loudness", edits.loudness, false);
  put("mute", edits.mute, false);
  put("fade_in_ms", edits.fadeInMs, 0);
  put("fade_out_ms", edits.fadeOutMs, 0);
  if (const auto& logo = edits.logo)
    j["logo"] = {{"corner", logo->corner},
                 {"width_percent", logo->widthPercent},
                 {"margin_percent", logo->marginPercent},
                 {"opacity_percent", logo->opacityPercent}};
  if (edits.captions) j["captions"] = *edits.captions;
  if (edits.background) j["background"] = colourText(*edits.background);
}

void from_json(const json& j, Edits& edits) { edits = parseEdits(j); }

}  // namespace clipcourier::transcoder

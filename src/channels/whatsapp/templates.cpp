#include "channels/whatsapp/templates.h"

#include <algorithm>

namespace clipcourier::channels::whatsapp {

namespace {

std::string upper(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return word;
}

void readComponent(const Json& json, Template& out) {
  const std::string type = upper(text(json, "type"));
  if (type == "HEADER") {
    out.headerFormat = upper(text(json, "format"));
    out.headerText = text(json, "text");
  } else if (type == "BODY") {
    out.bodyText = text(json, "text");
  } else if (type == "FOOTER") {
    out.footerText = text(json, "text");
  } else if (type == "BUTTONS") {
    for (const Json& button : list(json, "buttons")) {
      out.buttons.push_back(
          {upper(text(button, "type")), text(button, "text"), text(button, "url")});
    }
  }
}

// The list does not always say which kind the parameters are; names are the ones that do not count.
bool namesParameters(const Template& of) {
  const auto names = of.bodyParameters();
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return !std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  });
}

}  // namespace

std::optional<Template> readTemplate(const Json& json) {
  Template out;
  out.id = text(json, "id");
  out.name = text(json, "name");
  out.language = text(json, "language");
  if (out.id.empty() || out.name.empty() || out.language.empty()) return std::nullopt;
  out.category = upper(text(json, "category"));
  out.status = upper(text(json, "status"));
  for (const Json& component : list(json, "components")) readComponent(component, out);
  const std::string format = upper(text(json, "parameter_format"));
  out.namedParameters = format.empty() ? namesParameters(out) : format == "NAMED";
  out.quality = text(member(json, "quality_score"), "score");
  out.rejectedReason = text(json, "rejected_reason");
  if (out.rejectedReason == "NONE") out.rejectedReason.clear();
  out.componentsJson = dump(list(json, "components"));
  return out;
}

}  // namespace clipcourier::channels::whatsapp

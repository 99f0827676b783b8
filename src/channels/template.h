#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace clipcourier::channels {

// A message template as the provider knows it. Texts hold placeholders: {{1}} or {{first_name}}.
struct TemplateButton {
  std::string type;  // "URL", "QUICK_REPLY", "PHONE_NUMBER", ...
  std::string text;
  std::string url;  // URL buttons only; may end in a placeholder

  bool needsUrlSuffix() const;
  friend bool operator==(const TemplateButton&, const TemplateButton&) = default;
};

struct Template {
  std::string id;  // the provider's
  std::string name, language, category, status;
  bool namedParameters = false;
  std::string headerFormat;  // "VIDEO", "IMAGE", "TEXT", ...; empty without a header
  std::string headerText, bodyText, footerText;
  std::vector<TemplateButton> buttons;
  std::string quality;         // "GREEN", "YELLOW", "RED"; empty when not told
  std::string rejectedReason;  // empty when not told
  std::string componentsJson;  // as received, to keep what we do not read

  // Placeholders of the body in the order they first appear: "1", "2" or "first_name".
  std::vector<std::string> bodyParameters() const;
  friend bool operator==(const Template&, const Template&) = default;
};

using TemplateValues = std::map<std::string, std::string>;  // placeholder → text

// What the reader will see. Values are cleaned as they are for sending.
struct RenderedTemplate {
  std::string header, body, footer;
  std::vector<TemplateButton> buttons;
  std::vector<std::string> missing;  // placeholders of the body without a value
  std::size_t bodyLength = 0;        // in characters (code points)
  bool tooLong() const { return bodyLength > kMaxBody; }
  static constexpr std::size_t kMaxBody = 1024;  // the provider's limit after filling in
};
// `urlSuffix` goes into every URL button with a placeholder.
RenderedTemplate render(const Template& of, const TemplateValues& values,
                        const std::string& urlSuffix = {});

// A value as a template parameter may hold it: one line in which each run of white space and
// control characters is one space, nothing at the ends, valid UTF-8 (what is not becomes U+FFFD).
std::string cleanParameter(std::string_view value);

}  // namespace clipcourier::channels

#include "transcoder/captions.h"

#include "transcoder/srt.h"
#include "transcoder/webvtt.h"

namespace clipcourier::transcoder {

namespace {

std::string placeOf(const CaptionMistake& mistake) {
  return "line " + std::to_string(mistake.line);
}

std::string inWords(const std::vector<CaptionMistake>& mistakes) {
  std::string all = "the captions cannot be read";
  for (const CaptionMistake& each : mistakes) all += "; " + placeOf(each) + ": " + each.what.en;
  return all;
}

std::vector<ErrorDetail> detailsOf(const std::vector<CaptionMistake>& mistakes) {
  std::vector<ErrorDetail> details;
  for (const CaptionMistake& each : mistakes)
    details.push_back({"captions.invalid", placeOf(each), each.what.en});
  return details;
}

}  // namespace

CaptionError::CaptionError(std::vector<CaptionMistake> mistakes)
    : Error(Error(ErrorKind::invalidInput, inWords(mistakes),
                  "Correct the named lines; the file must be SRT or WebVTT in UTF-8.",
                  "captions.invalid")
                .with(detailsOf(mistakes))),
      mistakes_(std::move(mistakes)) {}

std::string plainText(const Caption& caption) {
  std::string text;
  for (const CaptionSpan& span : caption.spans) text += span.text;
  return text;
}

std::vector<Caption> parseCaptions(std::string_view bytes, const std::string& format) {
  return format == "webvtt" ? parseWebVtt(bytes) : parseSrt(bytes);
}

}  // namespace clipcourier::transcoder

#include "transcoder/job.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"

namespace clipcourier::transcoder {

bool PictureOutputs::anyPoster() const {
  return poster >= 0 || posterWebp >= 0 || thumbnail >= 0 || badge >= 0 || !candidates.empty();
}

bool PictureOutputs::anyExtra() const { return storyboard >= 0 || preview >= 0; }

void eachDescriptor(Work& work, const std::function<void(int&)>& visit) {
  const auto visitIfThere = [&](int& descriptor) {
    if (descriptor >= 0) visit(descriptor);
  };
  Inputs& in = work.inputs;
  for (int* each : {&in.source, &in.captions, &in.logo, &in.posterImage}) visitIfThere(*each);
  for (Rendition& each : work.renditions) visitIfThere(each.clip);
  PictureOutputs& out = work.pictures;
  for (int* each : {&out.poster, &out.posterWebp, &out.thumbnail, &out.badge}) visitIfThere(*each);
  for (int& each : out.candidates) visitIfThere(each);
  for (int* each : {&out.storyboard, &out.preview}) visitIfThere(*each);
}

namespace {

using nlohmann::json;

constexpr int kRequestVersion = 2;

std::string dump(const json& line) {
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};
template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;

json toJson(const Work& work) {
  json renditions = json::array();
  for (const Rendition& each : work.renditions)
    renditions.push_back({{"profile", each.profile}, {"clip", each.clip}});
  const Inputs& in = work.inputs;
  const PictureOutputs& out = work.pictures;
  return {{"inputs",
           {{"source", in.source},
            {"captions", in.captions},
            {"logo", in.logo},
            {"poster_image", in.posterImage}}},
          {"edits", work.edits},
          {"renditions", renditions},
          {"pictures",
           {{"poster", out.poster},
            {"poster_webp", out.posterWebp},
            {"thumbnail", out.thumbnail},
            {"badge", out.badge},
            {"candidates", out.candidates},
            {"storyboard", out.storyboard},
            {"preview", out.preview}}},
          {"poster_at_ms", work.posterAtMs ? json(*work.posterAtMs) : json()}};
}

Inputs inputsFrom(const json& j) {
  return {j.at("source").get<int>(), j.at("captions").get<int>(), j.at("logo").get<int>(),
          j.at("poster_image").get<int>()};
}

PictureOutputs picturesFrom(const json& j) {
  return {j.at("poster").get<int>(),
          j.at("poster_webp").get<int>(),
          j.at("thumbnail").get<int>(),
          j.at("badge").get<int>(),
          j.at("candidates").get<std::vector<int>>(),
          j.at("storyboard").get<int>(),
          j.at("preview").get<int>()};
}

// What the worker would stumble over later.
void refuseNonsense(Work& work) {
  const auto refuse = [](const char* why) { throw Error(ErrorKind::invalidInput, why); };
  if (work.renditions.size() > kMaxRenditions) refuse("too many renditions");
  if (work.pictures.candidates.size() > static_cast<std::size_t>(kMaxCandidates))
    refuse("too many candidates");
  if (work.inputs.source < 0) refuse("no source");
  std::set<std::string> names;
  for (const Rendition& each : work.renditions) {
    if (!names.insert(each.profile.name).second) refuse("two renditions of one profile");
    if (each.clip < 0) refuse("a rendition without a file");
  }
  std::set<int> descriptors;
  eachDescriptor(work, [&](int& descriptor) {
    if (!descriptors.insert(descriptor).second) refuse("one file for two things");
  });
}

// A line has whole numbers only: others may be too large for the type they would be put into.
json parseLine(const std::string& line) {
  return json::parse(line, [](int, json::parse_event_t event, const json& value) {
    if (event == json::parse_event_t::value && value.is_number_float())
      throw Error(ErrorKind::invalidInput, "a number is not whole");
    return true;
  });
}

Work workFrom(const json& j) {
  Work work;
  work.inputs = inputsFrom(j.at("inputs"));
  work.edits = j.at("edits").get<Edits>();
  for (const json& each : j.at("renditions"))
    work.renditions.push_back({each.at("profile").get<Profile>(), each.at("clip").get<int>()});
  work.pictures = picturesFrom(j.at("pictures"));
  if (const json& at = j.at("poster_at_ms"); !at.is_null())
    work.posterAtMs = at.get<std::int64_t>();
  refuseNonsense(work);
  return work;
}

}  // namespace

std::string toLine(const Request& request) {
  return dump(
      {{"version", kRequestVersion}, {"work", request.work ? toJson(*request.work) : json()}});
}

Request parseRequest(const std::string& line) try {
  const json request = parseLine(line);
  if (request.at("version") != kRequestVersion)
    throw Error(ErrorKind::invalidInput, "unknown request version");
  if (request.at("work").is_null()) return {};
  return {workFrom(request.at("work"))};
} catch (const std::exception& e) {
  throw Error(ErrorKind::invalidInput, std::string("request: ") + e.what());
}

std::string toLine(const Answer& answer) {
  const auto tagged = [](const char* tag, const auto& it) { return json{{tag, it}}; };
  return dump(std::visit(
      Overloaded{
          [&](const Progress& it) { return tagged("progress", it); },
          [&](const Probe& it) { return tagged("probe", it); },
          [&](const Posters& it) { return tagged("posters", it); },
          [&](const Report& it) { return tagged("report", it); },
          [&](const RenditionRefused& it) {
            return json{{"rendition_refused", {{"profile", it.profile}, {"refusal", it.refusal}}}};
          },
          [&](const RenditionServed& it) {
            return json{{"rendition_served", {{"profile", it.profile}, {"by", it.by}}}};
          },
          [&](const Extras& it) { return tagged("extras", it); },
          [&](const Refusal& it) { return tagged("refused", it); },
          [&](const Failure& it) {
            return json{{"failed", {{"code", it.code}, {"what", it.what}}}};
          },
      },
      answer));
}

Answer parseAnswer(const std::string& line) try {
  const json answer = parseLine(line);
  if (answer.contains("progress")) return answer["progress"].get<Progress>();
  if (answer.contains("probe")) return answer["probe"].get<Probe>();
  if (answer.contains("posters")) return answer["posters"].get<Posters>();
  if (answer.contains("report")) return answer["report"].get<Report>();
  if (answer.contains("extras")) return answer["extras"].get<Extras>();
  if (answer.contains("refused")) return answer["refused"].get<Refusal>();
  if (answer.contains("rendition_refused")) {
    const json& it = answer["rendition_refused"];
    return RenditionRefused{it.at("profile").get<std::string>(), it.at("refusal").get<Refusal>()};
  }
  if (answer.contains("rendition_served")) {
    const json& it = answer["rendition_served"];
    return RenditionServed{it.at("profile").get<std::string>(), it.at("by").get<std::string>()};
  }
  const json& failed = answer.at("failed");
  return Failure{failed.at("code").get<std::string>(), failed.at("what").get<std::string>()};
} catch (const std::exception& e) {
  throw Error(ErrorKind::internal, std::string("the transcoder's answer is no answer: ") + e.what(),
              "Look whether service and transcoder are of the same version.",
              "transcoder.protocol");
}

}  // namespace clipcourier::transcoder

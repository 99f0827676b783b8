#include "transcoder/job.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace clipcourier::transcoder {
namespace {

using nlohmann::json;

std::string dump(const json& line) {
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};
template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;

}  // namespace

std::string toLine(const Request& request) {
  return dump({{"version", 1}, {"profile", request.profile ? json(*request.profile) : json()}});
}

Request parseRequest(const std::string& line) try {
  const json request = json::parse(line);
  if (request.at("version") != 1) throw Error(ErrorKind::invalidInput, "unknown request version");
  if (request.at("profile").is_null()) return {};
  return {request.at("profile").get<Profile>()};
} catch (const std::exception& e) {
  throw Error(ErrorKind::invalidInput, std::string("request: ") + e.what());
}

std::string toLine(const Answer& answer) {
  return dump(std::visit(Overloaded{
                             [](const Progress& it) {
                               return json{{"progress", it}};
                             },
                             [](const Probe& it) {
                               return json{{"probe", it}};
                             },
                             [](const Report& it) {
                               return json{{"report", it}};
                             },
                             [](const Refusal& it) {
                               return json{{"refused", it}};
                             },
                             [](const Failure& it) {
                               return json{{"failed", {{"code", it.code}, {"what", it.what}}}};
                             },
                         },
                         answer));
}

Answer parseAnswer(const std::string& line) try {
  const json answer = json::parse(line);
  if (answer.contains("progress")) return answer["progress"].get<Progress>();
  if (answer.contains("probe")) return answer["probe"].get<Probe>();
  if (answer.contains("report")) return answer["report"].get<Report>();
  if (answer.contains("refused")) return answer["refused"].get<Refusal>();
  const json& failed = answer.at("failed");
  return Failure{failed.at("code").get<std::string>(), failed.at("what").get<std::string>()};
} catch (const std::exception& e) {
  throw Error(ErrorKind::internal, std::string("the transcoder's answer is no answer: ") + e.what(),
              "Look whether service and transcoder are of the same version.",
              "transcoder.protocol");
}

}  // namespace clipcourier::transcoder

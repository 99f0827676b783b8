#include "transcoder/pictures.h"

#include <nlohmann/json.hpp>

#include "support/catch.h"

using namespace clipcourier::transcoder;
using nlohmann::json;

TEST_CASE("posters and extras survive their JSON", "[transcoder]") {
  const PictureFile file{1280, 720, 81'234, std::string(64, 'a'), 4'200};
  const Posters posters{
      file, file, {320, 180, 9'000, "b", 4'200}, file, {{1'000, 870, file}, {4'200, 910, file}}, 1};
  CHECK(json::parse(json(posters).dump()).get<Posters>() == posters);
  const Extras extras{file, "WEBVTT\n", file};
  CHECK(json::parse(json(extras).dump()).get<Extras>() == extras);
  CHECK_THROWS(json::parse("{}").get<Posters>());
}

#include "users/scope.h"

#include "base/error.h"
#include "support/catch.h"

using namespace clipcourier;
using namespace clipcourier::users;

TEST_CASE("every scope has a name that leads back to it", "[users]") {
  for (Scope scope : allScopes()) CHECK(scopeNamed(name(scope)) == scope);
}

TEST_CASE("scopes are written as a list", "[users]") {
  const Scopes scopes = Scopes::parse("videos:read, campaigns:launch");
  CHECK(scopes.has(Scope::videosRead));
  CHECK_FALSE(scopes.has(Scope::videosWrite));
  CHECK(Scopes::parse(scopes.toString()) == scopes);
  CHECK(Scopes::parse("*") == Scopes::all());
}

TEST_CASE("an unknown scope is named together with those there are", "[users]") {
  try {
    Scopes::parse("videos:read everything");
    FAIL("it was accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("everything") != std::string::npos);
    CHECK(error.hint().find("videos:read") != std::string::npos);
  }
}

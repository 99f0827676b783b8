#include "support/test_database.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "base/clock.h"
#include "base/text.h"
#include "db/migrations.h"
#include "db/session.h"

namespace clipcourier {
namespace {

const std::string kScript = std::string(CLIPCOURIER_SOURCE_DIR) + "/tests/support/postgres.sh";

std::string outputOf(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::array<char, 512> line{};
  const char* read = std::fgets(line.data(), line.size(), pipe);
  if (::pclose(pipe) != 0 || !read) throw std::runtime_error("failed: " + command);
  return text::trim(line.data());
}

// Half the work of the default, which writes every page to the log; nothing here must survive.
constexpr const char* kCopyFiles = " STRATEGY FILE_COPY";

// Shared by all tests of this program.
class PostgresServer {
 public:
  static PostgresServer& instance() {
    static PostgresServer server;
    return server;
  }
  std::string url(const std::string& database) const {
    return "postgresql://postgres@/" + database + "?host=" + folder_;
  }
  void admin(const std::string& sql) const {
    db::DatabaseSettings settings;
    settings.url = Secret(url("postgres"));
    db::Session(settings, db::Session::Mode::readWrite).execute(sql);
  }
  std::string newDatabase(bool withSchema) {
    static std::atomic<int> count = 0;
    const std::string name = "t" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    admin("CREATE DATABASE " + name +
          (withSchema ? " TEMPLATE " + migratedTemplate() + kCopyFiles : ""));
    return name;
  }

 private:
  PostgresServer() {
    if (const char* running = std::getenv("CLIPCOURIER_TEST_POSTGRES")) {
      folder_ = running;
    } else {
      folder_ = outputOf(kScript + " start " + std::to_string(::getpid()));
      ours_ = true;
    }
  }
  ~PostgresServer() {
    if (ours_ && std::system((kScript + " stop " + folder_).c_str()) != 0)
      std::fprintf(stderr, "the test PostgreSQL in %s did not stop\n", folder_.c_str());
  }
  // Copying a migrated database is quicker than migrating each.
  const std::string& migratedTemplate() {
    static const std::string name = [this] {
      const std::string fresh = "template_" + std::to_string(::getpid());
      admin("CREATE DATABASE " + fresh);
      db::DatabaseSettings settings;
      settings.url = Secret(url(fresh));
      db::Database database(settings);
      db::migrate(database, SystemClock());
      return fresh;
    }();
    return name;
  }
  std::string folder_;
  bool ours_ = false;
};

}  // namespace

TestDatabase::TestDatabase(db::Engine engine, bool withSchema) {
  if (engine == db::Engine::sqlite) {
    settings_.url = Secret("sqlite:" + folder_ / "test.db");
  } else {
    postgresName_ = PostgresServer::instance().newDatabase(withSchema);
    settings_.url = Secret(PostgresServer::instance().url(postgresName_));
  }
  database_ = std::make_unique<db::Database>(settings_);
  if (withSchema) db::migrate(*database_, SystemClock());
}

TestDatabase::~TestDatabase() {
  database_.reset();
  if (!postgresName_.empty())
    PostgresServer::instance().admin("DROP DATABASE " + postgresName_ + " WITH (FORCE)");
}

}  // namespace clipcourier

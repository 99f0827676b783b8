#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "db/database.h"
#include "support/catch.h"
#include "support/temp_folder.h"
#include "support/test_database.h"

using namespace clipcourier;

namespace {

constexpr int kPurses = 400;
constexpr int kInEach = 1000;
constexpr int kTransfers = 20;  // in one transaction

// What the child tells of itself, a byte at a time.
constexpr char kWriting = 'w';
constexpr char kCommitted = 'c';

void fillPurses(db::Database& database) {
  database.write([](db::Transaction& tx) {
    tx.run("CREATE TABLE purses (n INTEGER PRIMARY KEY, amount INTEGER NOT NULL, filler TEXT)");
    tx.run("CREATE INDEX purses_by_amount ON purses (amount)");
    tx.run("CREATE TABLE commits (done INTEGER NOT NULL)");
    tx.run("INSERT INTO commits VALUES (0)");
    for (int n = 0; n < kPurses; ++n)
      tx.run("INSERT INTO purses VALUES ($1, $2, hex(zeroblob(1000)))", n, kInEach);
  });
}

void tell(int pipe, char what) {
  if (::write(pipe, &what, 1) != 1) ::_exit(1);
}

// Moves money between purses for ever, with the log trimmed now and then.
[[noreturn]] void moveForever(const db::DatabaseSettings& settings, int pipe) {
  db::Database database(settings);
  std::minstd_rand random(1);
  for (int commit = 1;; ++commit) {
    database.write([&](db::Transaction& tx) {
      tx.run("UPDATE commits SET done = done + 1");
      for (int i = 0; i < kTransfers; ++i) {
        const auto sum = static_cast<int>(random() % 50);
        tx.run("UPDATE purses SET amount = amount - $1 WHERE n = $2", sum, random() % kPurses);
        tell(pipe, kWriting);
        tx.run("UPDATE purses SET amount = amount + $1 WHERE n = $2", sum, random() % kPurses);
      }
    });
    tell(pipe, kCommitted);
    if (commit % 3 == 0)
      database.read([](db::Connection& c) { c.query<int, int, int>("PRAGMA wal_checkpoint"); });
  }
}

// The process that moves money; ends with its owner.
class Mover {
 public:
  explicit Mover(const db::DatabaseSettings& settings) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ::close(ends[0]);
      moveForever(settings, ends[1]);
    }
    ::close(ends[1]);
    told_ = ends[0];
  }
  Mover(const Mover&) = delete;
  ~Mover() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(told_);
  }

  // Returns once the child has told so many bytes more; commits() counts those that are durable.
  void hear(unsigned bytes) {
    for (; bytes > 0; --bytes) {
      char what = 0;
      REQUIRE(::read(told_, &what, 1) == 1);
      commits_ += what == kCommitted;
    }
  }
  void stop() {
    REQUIRE(::kill(child_, SIGSTOP) == 0);
    int status = 0;
    REQUIRE(::waitpid(child_, &status, WUNTRACED) == child_);
    REQUIRE(WIFSTOPPED(status));
  }
  void goOn() { REQUIRE(::kill(child_, SIGCONT) == 0); }
  std::int64_t commits() const { return commits_; }

 private:
  pid_t child_ = -1;
  int told_ = -1;
  std::int64_t commits_ = 0;
};

void copyDatabase(const std::string& from, const std::string& to) {
  for (const char* part : {"", "-wal", "-shm"})
    if (std::filesystem::exists(from + part)) std::filesystem::copy_file(from + part, to + part);
}

}  // namespace

TEST_CASE("an SQLite database copied while it is written opens consistent", "[db]") {
  const TempFolder folder;
  const std::string original = folder / "original.db";
  const auto settingsOf = [](const std::string& file) {
    db::DatabaseSettings settings;
    settings.url = Secret("sqlite:" + file);
    settings.readers = 1;
    return settings;
  };
  {
    db::Database database(settingsOf(original));
    fillPurses(database);
  }
  Mover mover(settingsOf(original));
  std::mt19937 random(20);  // the scheduler adds chance of its own
  for (int copy = 1; copy <= 20; ++copy) {
    mover.hear(1 + random() % (4 * kTransfers));
    mover.stop();
    const std::string file = folder / ("copy-" + std::to_string(copy) + ".db");
    copyDatabase(original, file);
    mover.goOn();

    db::Database opened(settingsOf(file));
    opened.snapshot([&](db::Connection& c) {
      CHECK(c.scalar<std::string>("PRAGMA integrity_check") == "ok");
      CHECK(c.scalar<std::int64_t>("SELECT sum(amount) FROM purses") == kPurses * kInEach);
      CHECK(*c.scalar<std::int64_t>("SELECT done FROM commits") >= mover.commits());
    });
    opened.write([](db::Transaction& tx) { tx.run("UPDATE purses SET amount = amount + 1"); });
  }
  CHECK(mover.commits() > 0);
}

#include "db/database.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "db/batch.h"
#include "db/serve_lock.h"
#include "db/statistics.h"
#include "support/catch.h"
#include "support/test_database.h"

using namespace clipcourier;

namespace {

struct Numbers {
  explicit Numbers(db::Engine engine) : database(engine, false) {
    database->write([](db::Transaction& tx) {
      tx.run("CREATE TABLE numbers (n BIGINT PRIMARY KEY, word TEXT, part DOUBLE PRECISION)");
    });
  }
  std::int64_t count() {
    return database->read(
        [](db::Connection& c) { return *c.scalar<std::int64_t>("SELECT count(*) FROM numbers"); });
  }
  void add(std::int64_t n) {
    database->write([&](db::Transaction& tx) { tx.run("INSERT INTO numbers (n) VALUES ($1)", n); });
  }
  TestDatabase database;
};

}  // namespace

TEST_CASE("values come back as they were written", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  const std::int64_t large = 9'007'199'254'740'993;  // more than a double can hold
  numbers.database->write([&](db::Transaction& tx) {
    CHECK(tx.run("INSERT INTO numbers VALUES ($1, $2, $3)", large, "Grüße '; DROP", 0.25) == 1);
    CHECK(tx.run("INSERT INTO numbers VALUES ($1, $2, $3)", 1, std::optional<std::string>(),
                 nullptr) == 1);
    CHECK(tx.run("UPDATE numbers SET part = 1 WHERE n > $1", 0) == 2);
    CHECK(tx.run("UPDATE numbers SET part = 1 WHERE n > $1", large) == 0);
  });
  const auto rows = numbers.database->read([](db::Connection& c) {
    return c.query<std::int64_t, std::optional<std::string>, double>(
        "SELECT n, word, part FROM numbers ORDER BY n DESC");
  });
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == std::tuple(large, std::optional<std::string>("Grüße '; DROP"), 1.0));
  CHECK(rows[1] == std::tuple(1, std::optional<std::string>(), 1.0));
}

TEST_CASE("a placeholder may be used twice, and RETURNING gives rows", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  numbers.add(3);
  const auto n = numbers.database->write([](db::Transaction& tx) {
    return tx.scalar<std::int64_t>(
        "UPDATE numbers SET n = n + $1, part = $1 WHERE n = $2 RETURNING n", 4, 3);
  });
  CHECK(n == 7);
}

TEST_CASE("what a closure throws undoes its own writes and nobody else's", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  std::vector<std::thread> threads;
  std::atomic<int> refused = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const int n = t * 100 + i;
        try {
          numbers.database->write([&](db::Transaction& tx) {
            tx.run("INSERT INTO numbers (n) VALUES ($1)", n);
            if (i % 5 == 0) throw Error(ErrorKind::refused, "no");
          });
        } catch (const Error& e) {
          if (e.kind() == ErrorKind::refused) ++refused;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(refused == 8 * 5);
  CHECK(numbers.count() == 8 * 20);
}

TEST_CASE("a broken constraint is a conflict that tells no row contents", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  numbers.add(491701234567);
  try {
    numbers.add(491701234567);
    FAIL("the second insert must fail");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::conflict);
    CHECK(std::string(e.what()).find("4917") == std::string::npos);
    CHECK(e.hint().find("4917") == std::string::npos);
  }
}

TEST_CASE("a wrong statement is a defect, told without its text", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  try {
    numbers.database->write([](db::Transaction& tx) { tx.run("SELEKT 'secret'"); });
    FAIL("must fail");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::internal);
    CHECK(std::string(e.what()).find("secret") == std::string::npos);
  }
}

TEST_CASE("a reader whose server has gone fails once and is replaced", "[db]") {
  Numbers numbers(db::Engine::postgresql);
  const auto backend = numbers.database->read(
      [](db::Connection& c) { return *c.scalar<std::int64_t>("SELECT pg_backend_pid()"); });
  numbers.database->write([&](db::Transaction& tx) {
    tx.query<bool>("SELECT CAST(pg_terminate_backend($1) AS INTEGER)", backend);
  });
  const auto read = [&] { return numbers.count(); };
  try {
    read();
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::unavailable);
  }
  CHECK(read() == 0);
}

TEST_CASE("a reader cannot write", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  CHECK_THROWS_AS(numbers.database->read(
                      [](db::Connection& c) { c.run("INSERT INTO numbers (n) VALUES (1)"); }),
                  Error);
  CHECK(numbers.count() == 0);
}

TEST_CASE("a snapshot does not see what is committed meanwhile", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  numbers.add(1);
  numbers.database->snapshot([&](db::Connection& c) {
    const auto count = [&] { return *c.scalar<int>("SELECT count(*) FROM numbers"); };
    CHECK(count() == 1);
    numbers.add(2);
    CHECK(count() == 1);
  });
  CHECK(numbers.count() == 2);
}

TEST_CASE("transactions that collide are repeated until both are done", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  numbers.add(1);
  numbers.add(2);
  const auto touch = [&](int first, int second) {
    for (int i = 0; i < 20; ++i)
      numbers.database->write([&](db::Transaction& tx) {
        tx.run("UPDATE numbers SET part = coalesce(part, 0) + 1 WHERE n = $1", first);
        tx.run("UPDATE numbers SET part = coalesce(part, 0) + 1 WHERE n = $1", second);
      });
  };
  {
    const std::jthread other([&] { touch(2, 1); });
    const std::jthread another([&] { touch(1, 2); });
  }
  const auto sum = numbers.database->read(
      [](db::Connection& c) { return c.scalar<double>("SELECT sum(part) FROM numbers"); });
  CHECK(sum == 80.0);
}

TEST_CASE("a write inside a write is refused instead of waiting for ever", "[db]") {
  Numbers numbers(db::Engine::sqlite);
  CHECK_THROWS_AS(numbers.database->write([&](db::Transaction&) { numbers.add(1); }), Error);
  CHECK(numbers.count() == 0);
}

TEST_CASE("statements that are kept do not stand in each other's way", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  numbers.add(1);
  CHECK_THROWS_AS(numbers.add(1), Error);
  numbers.add(2);  // the same statement, after it failed
  numbers.database->write([](db::Transaction& tx) {
    tx.run("INSERT INTO numbers (n) VALUES ($1)", 3);
    for (int i = 0; i < 600; ++i) {  // more than are kept
      CAPTURE(i);
      REQUIRE(tx.scalar<int>("SELECT n + " + std::to_string(i) + " FROM numbers WHERE n = $1", 2) ==
              i + 2);
    }
    tx.run("INSERT INTO numbers (n) VALUES ($1)", 4);
  });
  CHECK(numbers.count() == 4);
}

TEST_CASE("a statement that does not fit what is asked of it is a defect", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  numbers.add(1);
  numbers.database->read([](db::Connection& c) {
    CHECK_THROWS_AS(c.scalar<int>("SELECT n, word FROM numbers"), Error);
    CHECK_THROWS_AS(c.scalar<int>("SELECT n FROM numbers WHERE n = $1"), Error);
  });
  CHECK_THROWS_AS(numbers.database->write([](db::Transaction& tx) {
    tx.run("DELETE FROM numbers; DELETE FROM numbers");
  }),
                  Error);
  CHECK(numbers.count() == 1);
}

TEST_CASE("the log of an SQLite file begins anew however much is written", "[db]") {
  Numbers numbers(db::Engine::sqlite);
  const std::string file = numbers.database.settings().url.reveal().substr(7) + "-wal";
  const std::string text(1'000'000, 'x');
  for (int i = 0; i < 200; ++i)
    numbers.database->write([&](db::Transaction& tx) {
      tx.run("INSERT INTO numbers (n, word) VALUES ($1, $2)", i % 20 + i / 20 * 1'000, text);
      tx.run("DELETE FROM numbers WHERE n < $1", i / 20 * 1'000);
    });
  CHECK(std::filesystem::file_size(file) < 100'000'000);
  CHECK(numbers.count() == 20);
}

TEST_CASE("PostgreSQL is told how large a table is, and nothing fails with that", "[db]") {
  Numbers numbers(db::Engine::postgresql);
  numbers.database->write([](db::Transaction& tx) {
    tx.run("INSERT INTO numbers (n) SELECT * FROM generate_series(1, 2000)");
  });
  db::refreshStatistics(*numbers.database, "numbers");
  CHECK(numbers.database->read([](db::Connection& c) {
    return *c.scalar<double>("SELECT reltuples FROM pg_class WHERE relname = 'numbers'");
  }) == 2000);
  db::refreshStatistics(*numbers.database, "no_such_table");
  Numbers onSqlite(db::Engine::sqlite);
  db::refreshStatistics(*onSqlite.database, "no_such_table");
}

TEST_CASE("what write() returned from survives the death of the process", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  numbers.database.close();
  const pid_t child = ::fork();
  if (child == 0) {
    db::Database database(numbers.database.settings());
    database.write([](db::Transaction& tx) { tx.run("INSERT INTO numbers (n) VALUES (42)"); });
    ::_exit(7);  // as abrupt as kill -9: no destructor runs
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WEXITSTATUS(status) == 7);
  db::Database again(numbers.database.settings());
  CHECK(again.read([](db::Connection& c) { return c.scalar<int>("SELECT n FROM numbers"); }) == 42);
}

TEST_CASE("one SQLite file is served by one process, the second is told why", "[db]") {
  TestDatabase database(db::Engine::sqlite);
  const db::ServeLock first(database.settings());
  try {
    const db::ServeLock second(database.settings());
    FAIL("must be refused");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::conflict);
    CHECK(std::string(e.what()).find("pid " + std::to_string(::getpid())) != std::string::npos);
    CHECK_FALSE(e.hint().empty());
  }
}

TEST_CASE("an address of no engine is refused with an example", "[db]") {
  for (const char* url : {"", "sqlite:", "mysql://x", "postgresql://a@h/x?nonsense=1"}) {
    db::DatabaseSettings settings;
    settings.url = Secret(url);
    CHECK_THROWS_AS(db::Database(settings).read([](db::Connection&) {}), Error);
  }
}

TEST_CASE("one statement works on many rows given as JSON", "[db]") {
  Numbers numbers(GENERATE(values(kBothEngines)));
  for (int n = 1; n <= 4; ++n) numbers.add(n);
  const db::Engine engine = numbers.database->engine();
  numbers.database->write([&](db::Transaction& tx) {
    CHECK(tx.run(db::forBatch("DELETE FROM numbers WHERE n IN {ids $1}", engine), "[1, 3, 99]") ==
          2);
    CHECK(tx.run(
              db::forBatch(
                  "UPDATE numbers SET word = x.word, part = x.part "
                  "FROM {rows $1 n bigint, word text, part double precision} WHERE numbers.n = x.n",
                  engine),
              R"([{"n": 2, "word": "zwei", "part": 0.5}, {"n": 4, "word": null, "part": 1}])") ==
          2);
  });
  const auto rows = numbers.database->read([](db::Connection& c) {
    return c.query<int, std::optional<std::string>, double>(
        "SELECT n, word, part FROM numbers ORDER BY n");
  });
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == std::tuple(2, std::optional<std::string>("zwei"), 0.5));
  CHECK(rows[1] == std::tuple(4, std::optional<std::string>(), 1.0));
}

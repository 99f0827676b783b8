#include "service_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/unique_fd.h"

namespace clipcourier {
namespace {

constexpr std::size_t kKeySize = 32;

namespace sql {
constexpr auto find = "SELECT key_check FROM installation WHERE id = 1";
constexpr auto add = R"sql(
  INSERT INTO installation (id, key_check, created_at_ms) VALUES (1, $1, $2)
  ON CONFLICT (id) DO NOTHING)sql";
constexpr auto touch = "UPDATE installation SET key_check = key_check WHERE id = 1";
}  // namespace sql

[[noreturn]] void failed(const std::string& doing, const std::string& file) {
  throw Error(ErrorKind::unavailable, doing + " " + file + ": " + std::strerror(errno),
              "Check the rights and the free space of that folder (security.key_file).",
              "key.file");
}

// None when there is no such file.
std::optional<Secret> readKey(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd.get() < 0 && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0) failed("open", file);
  if ((status.st_mode & 077) != 0) {
    throw Error(ErrorKind::refused, "other users may read the service key " + file,
                "Run: chmod 600 " + file, "key.readable");
  }
  std::string key(kKeySize + 1, '\0');
  const ssize_t size = ::read(fd.get(), key.data(), key.size());
  if (size < 0) failed("read", file);
  if (size != static_cast<ssize_t>(kKeySize)) {
    throw Error(ErrorKind::refused, "the service key " + file + " is not 32 bytes long",
                "Restore it from your backup.", "key.damaged");
  }
  key.resize(kKeySize);
  return Secret(key);
}

void syncFolder(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) failed("flush", folder);
}

// A file that is there is whole: it gets its name only when its bytes are on disk.
void writeKey(const std::string& file, const Secret& key) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  std::filesystem::create_directories(folder);
  const std::string temp = file + ".new." + crypto::hex(crypto::randomBytes(8));
  const UniqueFd fd(::open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0) failed("create", temp);
  const std::string& bytes = key.reveal();
  const bool written =
      ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      ::fsync(fd.get()) == 0;
  // link() does not replace: two processes that start together end with one key.
  const bool named = written && ::link(temp.c_str(), file.c_str()) == 0;
  const int error = errno;
  ::unlink(temp.c_str());
  errno = error;
  if (!written || (!named && error != EEXIST)) failed("write", file);
  syncFolder(folder.string());
}

Secret readOrMakeKey(const std::string& file) {
  if (auto key = readKey(file)) return *key;
  writeKey(file, Secret(crypto::randomBytes(kKeySize)));
  auto key = readKey(file);
  if (!key) failed("read", file);
  return *key;
}

std::string keyCheck(const crypto::KeyRing& keys) { return crypto::hex(keys.key("key-check")); }

std::optional<std::string> storedCheck(db::Database& database) {
  return database.read(
      [](db::Connection& connection) { return connection.scalar<std::string>(sql::find); });
}

}  // namespace

crypto::KeyRing openServiceKey(const std::string& file, db::Database& database,
                               const Clock& clock) {
  const bool known = storedCheck(database).has_value();
  auto key = known ? readKey(file) : readOrMakeKey(file);
  if (!key) {
    throw Error(ErrorKind::refused, "the service key " + file + " is missing",
                "This database was made with a key that is not there. Restore the file from your "
                "backup, or name its place in security.key_file.",
                "key.missing");
  }
  crypto::KeyRing keys(*key);
  if (!known) {
    database.write(
        [&](db::Transaction& tx) { tx.run(sql::add, keyCheck(keys), toMs(clock.now())); });
  }
  // Read again: another node may have been first.
  if (!crypto::equal(storedCheck(database).value_or(""), keyCheck(keys))) {
    throw Error(ErrorKind::refused, "the service key " + file + " is not the one of this database",
                "Restore the right key from your backup, or check database.url and "
                "security.key_file: they belong together.",
                "key.other");
  }
  return keys;
}

void proveWritable(db::Database& database) {
  database.write([](db::Transaction& tx) { tx.run(sql::touch); });
}

}  // namespace clipcourier

#include "store/sqlite/sqlite_store.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>

#include "store/errc.hpp"
#include "store/sqlite/database.hpp"

namespace shoal::store {
namespace {

// "shoa" in the file's header, so that another program's database is not taken for ours.
constexpr std::int64_t application = 0x73686F61;
constexpr std::int64_t format = 1;

#define SHOAL_TRY(expression) \
    if (auto tried = (expression); !tried) return std::unexpected(tried.error())

/// The database on the store's thread: what is read and committed, one call after the other.
class file {
public:
    static result<file> open(const sqlite_options& options);
    result<contents> read_all();
    result<outcome> commit(const transaction& what);

private:
    file(database db, statement find, statement put, statement erase, statement count)
        : db_(std::move(db)), find_(std::move(find)), put_(std::move(put)), erase_(std::move(erase)), count_(std::move(count)) {}
    result<outcome> commit_open(const transaction& what);
    result<revision> modified(const std::string& key);

    database db_;
    statement find_, put_, erase_, count_;
};

result<file> file::open(const sqlite_options& options) {
    auto db = database::open(options.path);
    if (!db) return std::unexpected(db.error());
    // For this process alone, from the first access until it is closed: two coordinators over one file would undo each other.
    SHOAL_TRY(db->run("PRAGMA locking_mode = EXCLUSIVE"));
    SHOAL_TRY(db->run("BEGIN EXCLUSIVE; COMMIT"));
    const auto version = db->ask_number("PRAGMA user_version");
    const auto owner = db->ask_number("PRAGMA application_id");
    if (!version || !owner) return std::unexpected(!version ? version.error() : owner.error());
    const auto tables = db->ask_number("SELECT count(*) FROM sqlite_schema");
    if (!tables) return std::unexpected(tables.error());
    if (*tables > 0 && *owner != application)
        return std::unexpected(failure(errc::damaged, fmt::format("{} is the database of another program", options.path)));
    if (*version > format)
        return std::unexpected(failure(
            errc::newer_version, fmt::format("{}: it has format {}, this program knows {}", options.path, *version, format)));
    const auto sound = db->ask_text("PRAGMA quick_check(1)");
    if (!sound) return std::unexpected(sound.error());
    if (*sound != "ok") return std::unexpected(failure(errc::damaged, fmt::format("{}: {}", options.path, *sound)));
    SHOAL_TRY(db->run("PRAGMA journal_mode = WAL"));
    SHOAL_TRY(db->run("PRAGMA synchronous = FULL"));
    if (options.most_pages != 0) SHOAL_TRY(db->run(fmt::format("PRAGMA max_page_count = {}", options.most_pages)));
    if (*tables == 0) {
        SHOAL_TRY(
            db->run(fmt::format("BEGIN; PRAGMA application_id = {}; PRAGMA user_version = {};"
                                "CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL, modified INTEGER NOT NULL) "
                                "WITHOUT ROWID;"
                                "CREATE TABLE counter(revision INTEGER NOT NULL);"
                                "INSERT INTO counter VALUES(0); COMMIT",
                                application, format)));
    }
    auto find = db->prepare("SELECT modified FROM entries WHERE key = ?1");
    auto put = db->prepare("INSERT INTO entries VALUES(?1, ?2, ?3) ON CONFLICT(key) DO UPDATE SET value = ?2, modified = ?3");
    auto erase = db->prepare("DELETE FROM entries WHERE key = ?1");
    auto count = db->prepare("UPDATE counter SET revision = ?1");
    for (const auto* one : {&find, &put, &erase, &count})
        if (!*one) return std::unexpected(one->error());
    return file(std::move(*db), std::move(*find), std::move(*put), std::move(*erase), std::move(*count));
}

result<contents> file::read_all() {
    contents all;
    const auto at = db_.ask_number("SELECT revision FROM counter");
    if (!at) return std::unexpected(at.error());
    all.at = static_cast<revision>(*at);
    auto rows = db_.prepare("SELECT key, value, modified FROM entries ORDER BY key");
    if (!rows) return std::unexpected(rows.error());
    while (true) {
        const auto got = rows->next();
        if (!got) return std::unexpected(got.error());
        if (*got == step::done) return all;
        all.entries.push_back({rows->text(0), rows->text(1), static_cast<revision>(rows->number(2))});
    }
}

result<outcome> file::commit(const transaction& what) {
    SHOAL_TRY(db_.run("BEGIN IMMEDIATE"));
    auto ended = commit_open(what);
    if (ended && ended->done) {
        if (auto closed = db_.run("COMMIT"); closed)
            return ended;
        else
            ended = std::unexpected(closed.error());
    }
    // A full disk may have rolled it back already; to say so again is no harm.
    (void)db_.run("ROLLBACK");
    return ended;
}

result<revision> file::modified(const std::string& key) {
    find_.reset();
    find_.bind(1, key);
    const auto got = find_.next();
    if (!got) return std::unexpected(got.error());
    const auto found = *got == step::row ? static_cast<revision>(find_.number(0)) : revision::none;
    find_.reset();
    return found;
}

/// As memory/ has it (apply), inside of a transaction of the database.
result<outcome> file::commit_open(const transaction& what) {
    const auto at = db_.ask_number("SELECT revision FROM counter");
    if (!at) return std::unexpected(at.error());
    for (const auto& one : what.only_if) {
        const auto is = modified(one.key);
        if (!is) return std::unexpected(is.error());
        if (*is != one.modified) return outcome{false, static_cast<revision>(*at)};
    }
    bool changes = false;
    for (const auto& one : what.changes) {
        const auto is = one.value ? result<revision>(revision::none) : modified(one.key);
        if (!is) return std::unexpected(is.error());
        changes |= one.value || *is != revision::none;
        auto& how = one.value ? put_ : erase_;
        how.reset();
        how.bind(1, one.key);
        if (one.value) {
            how.bind(2, *one.value);
            how.bind(3, *at + 1);
        }
        const auto done = how.next();
        how.reset();
        if (!done) return std::unexpected(done.error());
    }
    if (!changes) return outcome{true, static_cast<revision>(*at)};
    count_.reset();
    count_.bind(1, *at + 1);
    const auto done = count_.next();
    count_.reset();
    if (!done) return std::unexpected(done.error());
    return outcome{true, static_cast<revision>(*at + 1)};
}

/// Calls go to a thread, answers come back to the scheduler.
class sqlite_store final : public state_store {
public:
    sqlite_store(file opened, scheduler& on) : file_(std::move(opened)), on_(on), thread_([this] { work_off(); }) {
        ::pthread_setname_np(thread_.native_handle(), "shoal-store");
    }
    ~sqlite_store() override {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
    sqlite_store(const sqlite_store&) = delete;
    sqlite_store& operator=(const sqlite_store&) = delete;

    void read_all(std::function<void(result<contents>)> on_answer) override {
        submit<contents>([](file& f) { return f.read_all(); }, std::move(on_answer));
    }
    void commit(transaction what, std::function<void(result<outcome>)> on_answer) override {
        submit<outcome>([what = std::move(what)](file& f) { return f.commit(what); }, std::move(on_answer));
    }

private:
    template <class T>
    void submit(std::move_only_function<result<T>(file&)> job, std::function<void(result<T>)> on_answer) {
        {
            const std::lock_guard lock(mutex_);
            if (queue_.size() < most_waiting) {
                queue_.emplace_back([this, job = std::move(job), to = std::move(on_answer)]() mutable {
                    on_.post([to = std::move(to), what = job(file_)]() mutable { to(std::move(what)); });
                });
                wake_.notify_one();
                return;
            }
        }
        on_.post([to = std::move(on_answer)] { to(std::unexpected(failure(errc::overloaded))); });
    }
    void work_off() {
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
            if (queue_.empty()) return;
            auto job = std::move(queue_.front());
            lock.unlock();
            job();
            lock.lock();
            queue_.pop_front();  // Only now: what is being done counts as waiting.
        }
    }

    file file_;
    scheduler& on_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::move_only_function<void()>> queue_;
    bool ending_ = false;
    std::thread thread_;  // Last: it uses all the others.
};

/// Where a damaged file goes; what it was goes with its log.
result<std::string> set_aside(const std::string& path) {
    std::error_code error;
    std::string aside;
    for (int n = 1; aside.empty() || std::filesystem::exists(aside, error); ++n) aside = fmt::format("{}.damaged-{}", path, n);
    std::filesystem::rename(path, aside, error);
    if (error) return std::unexpected(failure(errc::unwritable, fmt::format("{}: {}", path, error.message())));
    for (const auto* part : {"-wal", "-shm"}) std::filesystem::rename(path + part, aside + part, error);
    return aside;
}

}  // namespace

result<opened_store> open_sqlite(const sqlite_options& options, scheduler& on) {
    std::error_code error;
    std::string anew;
    if (!std::filesystem::exists(options.path, error)) anew = fmt::format("{} did not exist", options.path);
    auto opened = file::open(options);
    if (!opened && opened.error().is(errc::damaged)) {
        const auto aside = set_aside(options.path);
        if (!aside) return std::unexpected(aside.error());
        anew = fmt::format("{}; it is kept as {}", opened.error().detail(), *aside);
        opened = file::open(options);
    }
    if (!opened) return std::unexpected(opened.error());
    return opened_store{std::make_unique<sqlite_store>(std::move(*opened), on), std::move(anew)};
}

}  // namespace shoal::store

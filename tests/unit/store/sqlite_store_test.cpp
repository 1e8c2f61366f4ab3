// What can go wrong with the file of a store.

#include "store/sqlite/sqlite_store.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "contract/store_contract.hpp"
#include "store/errc.hpp"

using namespace shoal;
using namespace shoal::store;
using test::commit;
using test::read_all;

namespace {

struct folder {
    std::string path;
    test::driven_scheduler on;
    folder() {
        char name[] = "/tmp/shoal-sqlite-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~folder() {
        ::chmod(path.c_str(), 0700);
        std::filesystem::remove_all(path);
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    [[nodiscard]] std::string file() const { return path + "/fleet.db"; }
    result<opened_store> open(std::uint64_t most_pages = 0) { return open_sqlite({file(), most_pages}, on); }
};

void run_sql(const std::string& path, const char* sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
}

}  // namespace

TEST_CASE("a store that did not exist says so, and one that did says nothing") {
    folder in;
    CHECK(in.open()->began_anew.find("did not exist") != std::string::npos);
    CHECK(in.open()->began_anew.empty());
}

TEST_CASE("a file that another process has open is refused as in use") {
    folder in;
    int ready[2], go[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(go) == 0);
    const auto child = ::fork();
    if (child == 0) {
        test::driven_scheduler on;
        auto held = open_sqlite({in.file()}, on);
        char byte = held ? 'y' : 'n';
        (void)!::write(ready[1], &byte, 1);
        (void)!::read(go[0], &byte, 1);
        ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    REQUIRE(byte == 'y');
    const auto second = in.open();
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().is(errc::in_use));
    CHECK(second.error().message().find(in.file()) != std::string::npos);
    (void)!::write(go[1], &byte, 1);
    ::waitpid(child, nullptr, 0);
    CHECK(in.open().has_value());
    for (const int fd : {ready[0], ready[1], go[0], go[1]}) ::close(fd);
}

TEST_CASE("a damaged file is kept beside, and the store begins anew and says so") {
    folder in;
    REQUIRE(commit(*in.open()->store, in.on, {{}, {{"a", "1"}}})->done);
    SUBCASE("no database at all") { std::ofstream(in.file(), std::ios::trunc) << std::string(9000, 'x'); }
    SUBCASE("its inside is overwritten") {
        std::fstream out(in.file(), std::ios::in | std::ios::out | std::ios::binary);
        out.seekp(100);
        out << std::string(16000, '\x5a');
    }
    SUBCASE("the database of another program") {
        std::filesystem::remove(in.file());
        run_sql(in.file(), "CREATE TABLE things(a)");
    }
    SUBCASE("a table is missing") { run_sql(in.file(), "DROP TABLE counter"); }
    const auto opened = in.open();
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message()));
    CHECK(opened->began_anew.find(in.file() + ".damaged-1") != std::string::npos);
    CHECK(std::filesystem::exists(in.file() + ".damaged-1"));
    CHECK(read_all(*opened->store, in.on)->entries.empty());
}

TEST_CASE("a file of a newer version is refused and left alone") {
    folder in;
    REQUIRE(commit(*in.open()->store, in.on, {{}, {{"a", "1"}}})->done);
    run_sql(in.file(), "PRAGMA user_version = 2");
    const auto opened = in.open();
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().is(errc::newer_version));
    run_sql(in.file(), "PRAGMA user_version = 1");
    CHECK(read_all(*in.open()->store, in.on)->entries.size() == 1);
}

TEST_CASE("a folder that does not exist or cannot be written is named") {
    folder in;
    const auto nowhere = open_sqlite({in.path + "/no/such/fleet.db"}, in.on);
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().is(errc::unwritable));
    CHECK(nowhere.error().message().find("/no/such/fleet.db") != std::string::npos);
    const auto folder_instead = open_sqlite({in.path}, in.on);
    REQUIRE_FALSE(folder_instead.has_value());
    CHECK(folder_instead.error().is(errc::unwritable));
}

TEST_CASE("a store that is full refuses and goes on when there is room again") {
    folder in;
    const auto opened = in.open(16);
    REQUIRE(opened.has_value());
    auto& store = *opened->store;
    REQUIRE(commit(store, in.on, {{}, {{"small", "1"}}})->done);
    const auto full = commit(store, in.on, {{}, {{"small", "2"}, {"large", std::string(100000, 'x')}}});
    REQUIRE_FALSE(full.has_value());
    CHECK(full.error().is(errc::full));
    const auto after = read_all(store, in.on);
    CHECK(after->entries == std::vector<entry>{{"small", "1", revision{1}}});
    CHECK(commit(store, in.on, {{}, {{"small", "3"}}})->at == revision{2});
}

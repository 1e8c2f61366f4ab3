#include "store/sqlite/database.hpp"

#include <fmt/format.h>

#include "store/errc.hpp"

namespace shoal::store {
namespace {

failure failed(sqlite3* db, int code, const char* path) {
    auto detail = fmt::format("{}: {}", path, sqlite3_errmsg(db));
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return {errc::in_use, path};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_CANTOPEN: return {errc::unwritable, std::move(detail)};
        case SQLITE_FULL: return {errc::full, std::move(detail)};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_ERROR: return {errc::damaged, std::move(detail)};  // Our own statements are right, so the schema is not.
        default: return {errc::io_failed, std::move(detail)};
    }
}

failure failed(sqlite3* db, int code) {
    const auto* path = sqlite3_db_filename(db, "main");
    return failed(db, code, path != nullptr ? path : "");
}

}  // namespace

void statement::bind(int place, std::string_view text) {
    sqlite3_bind_blob64(raw_.get(), place, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT);
}

void statement::bind(int place, std::int64_t number) { sqlite3_bind_int64(raw_.get(), place, number); }

result<step> statement::next() {
    const auto code = sqlite3_step(raw_.get());
    if (code == SQLITE_ROW) return step::row;
    if (code == SQLITE_DONE) return step::done;
    return std::unexpected(failed(sqlite3_db_handle(raw_.get()), code));
}

void statement::reset() {
    sqlite3_reset(raw_.get());
    sqlite3_clear_bindings(raw_.get());
}

std::string statement::text(int column) const {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw_.get(), column));
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw_.get(), column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

std::int64_t statement::number(int column) const { return sqlite3_column_int64(raw_.get(), column); }

result<database> database::open(const std::string& path) {
    sqlite3* raw = nullptr;
    const auto code =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    database out(raw);
    if (code != SQLITE_OK)
        return std::unexpected(raw != nullptr ? failed(raw, code, path.c_str()) : failure(errc::io_failed, "no memory"));
    sqlite3_extended_result_codes(raw, 1);
    return out;
}

result<void> database::run(const std::string& sql) {
    const auto code = sqlite3_exec(raw_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return std::unexpected(failed(raw_.get(), code));
    return {};
}

result<statement> database::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const auto code =
        sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return std::unexpected(failed(raw_.get(), code));
    return statement(raw);
}

result<std::int64_t> database::ask_number(const std::string& sql) {
    auto asked = prepare(sql);
    if (!asked) return std::unexpected(asked.error());
    const auto got = asked->next();
    if (!got) return std::unexpected(got.error());
    return *got == step::row ? asked->number(0) : 0;
}

result<std::string> database::ask_text(const std::string& sql) {
    auto asked = prepare(sql);
    if (!asked) return std::unexpected(asked.error());
    const auto got = asked->next();
    if (!got) return std::unexpected(got.error());
    return *got == step::row ? asked->text(0) : std::string();
}

}  // namespace shoal::store

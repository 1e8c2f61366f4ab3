#pragma once
// SQLite as values: an open database, prepared statements, failures that say what to do. Used on one thread at a time.
// Not here: what is kept (sqlite_store.cpp).

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "shoal/error.hpp"

namespace shoal::store {

/// A step of a statement.
enum class step : std::uint8_t { row, done };

class statement {
public:
    explicit statement(sqlite3_stmt* raw) : raw_(raw) {}
    void bind(int place, std::string_view text);
    void bind(int place, std::int64_t number);
    [[nodiscard]] result<step> next();
    /// Ready for the next use.
    void reset();
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t number(int column) const;

private:
    struct finalize {
        void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
    };
    std::unique_ptr<sqlite3_stmt, finalize> raw_;
};

class database {
public:
    /// Opens or makes the file and takes it for this process alone.
    [[nodiscard]] static result<database> open(const std::string& path);
    [[nodiscard]] result<void> run(const std::string& sql);
    [[nodiscard]] result<std::int64_t> ask_number(const std::string& sql);
    [[nodiscard]] result<std::string> ask_text(const std::string& sql);
    [[nodiscard]] result<statement> prepare(std::string_view sql);

private:
    struct close {
        void operator()(sqlite3* s) const noexcept { sqlite3_close_v2(s); }
    };
    explicit database(sqlite3* raw) : raw_(raw) {}
    std::unique_ptr<sqlite3, close> raw_;
};

}  // namespace shoal::store

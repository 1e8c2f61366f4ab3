#include "ops/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "config/token_shape.hpp"

namespace shoal::ops {

namespace {

constexpr std::string_view hidden = "[token]";

void replace_all(std::string& text, std::string_view what) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + hidden.size())) {
        text.replace(at, what.size(), hidden);
    }
}

/// How many bytes the UTF-8 character at the front of `text` has; 0 if it is broken.
std::size_t utf8_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = byte(0);
    const std::size_t size = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
    if (size == 0 || size > text.size()) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    // Overlong forms, surrogates, and beyond U+10FFFF.
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return size;
}

void append_escaped(std::string& out, std::string_view text, bool json) {
    while (!text.empty()) {
        const auto size = utf8_size(text);
        if (size == 0) {
            out += "\uFFFD";
            text.remove_prefix(1);
            continue;
        }
        const char c = text.front();
        if (size > 1) {
            out += text.substr(0, size);
        } else if (json && (c == '"' || c == '\\')) {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += fmt::format("\\{}{:02x}", json ? "u00" : "x", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
        text.remove_prefix(size);
    }
}

std::string utc(std::chrono::system_clock::time_point when) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 6> level_columns{"TRACE", "DEBUG", "INFO ", "WARN ", "ERROR", "OFF  "};

void append_json(std::string& out, std::string_view key, std::string_view value) {
    out += out.size() == 1 ? "\"" : ",\"";
    append_escaped(out, key, true);
    out += "\":\"";
    append_escaped(out, value, true);
    out += '"';
}

/// Writes whole lines to a descriptor. One writer thread calls it, so it needs no lock but for whoever waits for a flush.
class descriptor_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    explicit descriptor_sink(int descriptor) : descriptor_(descriptor) {}

    void wait_for_flush(std::uint64_t count) {
        std::unique_lock lock(mutex_);
        // A flush order may itself have been dropped from a full queue; nobody waits for ever for a log.
        flushed_.wait_for(lock, std::chrono::seconds(2), [&] { return flushes_ >= count; });
    }

protected:
    void sink_it_(const spdlog::details::log_msg& line) override {
        std::string_view rest(line.payload.data(), line.payload.size());
        while (!rest.empty()) {
            const auto written = ::write(descriptor_, rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return;  // Nobody reads any more: a bot goes on without its log.
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    void flush_() override {
        const std::lock_guard lock(mutex_);
        ++flushes_;
        flushed_.notify_all();
    }

private:
    int descriptor_;
    std::mutex mutex_;
    std::condition_variable flushed_;
    std::uint64_t flushes_ = 0;
};

}  // namespace

redactor::redactor(std::vector<secret> known) : known_(std::move(known)) {
    // A very short "token" would blacken half of every line, and is none.
    std::erase_if(known_, [](const secret& s) { return s.reveal().size() < 4; });
    std::ranges::sort(known_, [](const secret& a, const secret& b) { return a.reveal().size() > b.reveal().size(); });
}

std::string redactor::clean(std::string_view text) const {
    std::string safe(text);
    for (const auto& one : known_) replace_all(safe, one.reveal());
    for (auto token = config::find_token(safe); token; token = config::find_token(safe, token.begin + hidden.size())) {
        safe.replace(token.begin, token.size, hidden);
    }
    return safe;
}

std::string format_line(const log_record& record, log_format format, const redactor& hide) {
    const auto level = std::min<std::size_t>(static_cast<std::size_t>(record.level), level_names.size() - 1);
    std::string line;
    if (format == log_format::json) {
        line = "{";
        append_json(line, "time", utc(record.time));
        append_json(line, "level", level_names[level]);
        append_json(line, "component", hide.clean(record.component));
        append_json(line, "message", hide.clean(record.message));
        if (!record.correlation.empty()) append_json(line, "id", hide.clean(record.correlation));
        if (record.fields != nullptr) {
            for (const auto& [key, value] : *record.fields) append_json(line, hide.clean(key), hide.clean(value));
        }
        line += '}';
        return line;
    }
    line = fmt::format("{} {} {:<8} ", utc(record.time), level_columns[level], hide.clean(record.component));
    append_escaped(line, hide.clean(record.message), false);
    if (record.fields != nullptr) {
        for (const auto& [key, value] : *record.fields) {
            line += "  ";
            append_escaped(line, hide.clean(key), false);
            line += '=';
            append_escaped(line, hide.clean(value), false);
        }
    }
    if (!record.correlation.empty()) {
        line += "  (";
        append_escaped(line, hide.clean(record.correlation), false);
        line += ')';
    }
    return line;
}

log_sink redacting(log_sink to, redactor hide) {
    return [to = std::move(to), hide = std::move(hide)](const log_record& record) {
        auto safe = record;
        const auto message = hide.clean(record.message);
        const auto correlation = hide.clean(record.correlation);
        safe.message = message;
        safe.correlation = correlation;
        std::vector<std::pair<std::string_view, std::string>> fields;
        if (record.fields != nullptr) {
            for (const auto& [key, value] : *record.fields) fields.emplace_back(key, hide.clean(value));
            safe.fields = &fields;
        }
        to(safe);
    };
}

struct stderr_log::impl {
    impl(log_format format_in, redactor hide_in, std::size_t queue_lines, int descriptor)
        : format(format_in),
          hide(std::move(hide_in)),
          sink(std::make_shared<descriptor_sink>(descriptor)),
          pool(std::make_shared<spdlog::details::thread_pool>(queue_lines, 1)),
          out(std::make_shared<spdlog::async_logger>("shoal", sink, pool, spdlog::async_overflow_policy::overrun_oldest)) {
        // Lines come ready made; spdlog carries them over to its thread. It must not look at levels a second time.
        out->set_level(spdlog::level::trace);
        out->set_error_handler([](const std::string&) {});
    }
    // The writer's thread goes before the logger, which its queue shares: so the last to let go of it is this thread.
    ~impl() { pool.reset(); }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    void write(const log_record& record) {
        auto line = format_line(record, format, hide);
        line += '\n';
        out->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
    }

    log_format format;
    redactor hide;
    std::shared_ptr<descriptor_sink> sink;
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> out;
    std::mutex flushing;
    std::uint64_t flushes = 0;
};

stderr_log::stderr_log(log_format format, redactor hide, std::size_t queue_lines, int descriptor)
    : impl_(std::make_shared<impl>(format, std::move(hide), queue_lines, descriptor)) {}

stderr_log::~stderr_log() = default;

log_sink stderr_log::sink() const {
    return [impl = impl_](const log_record& record) {
        try {
            impl->write(record);
        } catch (...) {  // NOLINT(bugprone-empty-catch): a line that cannot be written must not end the bot.
        }
    };
}

void stderr_log::flush() {
    const std::lock_guard lock(impl_->flushing);
    impl_->out->flush();
    impl_->sink->wait_for_flush(++impl_->flushes);
}

std::size_t stderr_log::dropped() const noexcept { return impl_->pool->overrun_counter(); }

}  // namespace shoal::ops

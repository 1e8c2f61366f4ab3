#include "sim/server/recording.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cinttypes>
#include <cstring>
#include <map>

#include "sim/server/files.hpp"

namespace shoal::sim {

result<std::unique_ptr<recorder>> recorder::open(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return std::unexpected(cannot_write(path, errno));
    std::unique_ptr<recorder> made(new recorder(path, file));
    made->put("shoal-recording 1\n");
    if (auto begun = made->flush(); !begun) return std::unexpected(begun.error());
    return made;
}

recorder::~recorder() { std::fclose(file_); }

void recorder::write(instant now, conn_id conn, const wire::text_parts& text) {
    if (first_ == never) first_ = now;
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now - first_).count();
    const auto size = text.front.size() + text.data.size() + text.back.size();
    const auto head = fmt::format("{} {} {}\n", us, static_cast<std::uint64_t>(conn), size);
    for (const std::string_view part :
         {std::string_view(head), std::string_view(text.front), text.data, std::string_view(text.back), std::string_view("\n")}) {
        put(part);
    }
}

void recorder::put(std::string_view text) {
    // After a part that was refused the rest would be read as something else.
    if (error_ != 0 || std::fwrite(text.data(), 1, text.size(), file_) == text.size()) return;
    error_ = errno;
}

result<void> recorder::flush() {
    if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
    if (error_ != 0) return std::unexpected(cannot_write(path_, error_));
    return {};
}

namespace {

/// The event name of a dispatch, empty for anything else.
std::string dispatch_name(std::string_view text) {
    if (text.starts_with("{\"t\":null,")) return {};
    if (text.starts_with("{\"t\":\"")) return std::string(text.substr(6, text.find('"', 6) - 6));
    boost::system::error_code bad;
    const auto value = boost::json::parse(text, bad);
    if (bad || !value.is_object()) return {};
    const auto* name = value.as_object().if_contains("t");
    return name != nullptr && name->is_string() ? std::string(name->as_string()) : std::string();
}

struct file_closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

}  // namespace

result<std::vector<recorded_stream>> read_recording(const std::string& path) {
    const std::unique_ptr<std::FILE, file_closer> file(std::fopen(path.c_str(), "rb"));
    if (!file) return std::unexpected(failure(server_errc::unreadable_file, path + ": " + std::strerror(errno)));
    const auto damaged = [&](const std::string& what) {
        return std::unexpected(failure(server_errc::bad_recording, path + ": " + what));
    };
    char head[96];
    if (std::fgets(head, sizeof head, file.get()) == nullptr || std::string_view(head) != "shoal-recording 1\n") {
        return damaged("its first line is not 'shoal-recording 1'");
    }
    std::vector<recorded_stream> streams;
    std::map<std::uint64_t, std::size_t> index;
    for (std::uint64_t number = 1; std::fgets(head, sizeof head, file.get()) != nullptr; ++number) {
        std::int64_t us = 0;
        std::uint64_t conn = 0;
        std::uint64_t size = 0;
        if (std::sscanf(head, "%" SCNd64 " %" SCNu64 " %" SCNu64, &us, &conn, &size) != 3 || size > (1U << 30U)) {
            return damaged(fmt::format("message {} has no head", number));
        }
        std::string text(size, '\0');
        if (std::fread(text.data(), 1, size, file.get()) != size || std::fgetc(file.get()) != '\n') {
            break;  // the recorder was killed in the middle of a message: what came before is whole
        }
        const auto name = dispatch_name(text);
        if (name.empty()) continue;
        auto found = index.find(conn);
        if (found == index.end()) {
            if (name != "READY") continue;
            found = index.emplace(conn, streams.size()).first;
            streams.push_back({conn, {}});
        }
        streams[found->second].messages.push_back(
            {std::chrono::microseconds(us), std::make_shared<const std::string>(std::move(text))});
    }
    if (streams.empty()) return damaged("no connection in it ever got READY");
    return streams;
}

}  // namespace shoal::sim

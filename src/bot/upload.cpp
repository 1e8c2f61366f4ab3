#include "bot/upload.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <system_error>

#include "bot/offload_pool.hpp"
#include "rest/multipart.hpp"
#include "shoal/bot.hpp"

namespace shoal::runtime {
namespace {

failure unreadable(std::string_view name, int why) {
    return {bot_errc::bad_request, fmt::format("the file {} cannot be read: {}", name, std::generic_category().message(why))};
}

result<opened_upload::part> open_one(file&& what) {
    opened_upload::part out;
    if (what.path().empty()) {
        out.text = std::move(what).bytes();
        out.size_bytes = out.text.size();
        return out;
    }
    // Without O_NONBLOCK a pipe without a writer would hold the worker for ever.
    out.fd = ::open(what.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (out.fd < 0) return std::unexpected(unreadable(what.path(), errno));
    struct stat found{};
    const bool known = ::fstat(out.fd, &found) == 0;
    if (!known || !S_ISREG(found.st_mode)) {
        const int why = known ? EINVAL : errno;
        ::close(out.fd);
        return std::unexpected(unreadable(what.path(), why));
    }
    out.size_bytes = static_cast<std::uint64_t>(found.st_size);
    return out;
}

class upload final : public net::body_source {
public:
    upload(opened_upload what, scheduler& on, offload_pool& workers)
        : what_(std::make_shared<opened_upload>(std::move(what))), on_(on), workers_(workers) {}

    [[nodiscard]] std::uint64_t size_bytes() const noexcept override {
        std::uint64_t sum = 0;
        for (const auto& each : what_->parts) sum += each.size_bytes;
        return sum;
    }
    void rewind() override {
        part_ = 0;
        at_ = 0;
    }
    void read(std::size_t most, got on_bytes) override {
        while (part_ < what_->parts.size() && at_ == what_->parts[part_].size_bytes) {
            ++part_;
            at_ = 0;
        }
        if (part_ == what_->parts.size()) return on_bytes(std::string());
        const auto& part = what_->parts[part_];
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(most, part.size_bytes - at_));
        const auto from = std::exchange(at_, at_ + count);
        if (part.fd < 0) return on_bytes(part.text.substr(from, count));
        auto answer = std::make_shared<got>(std::move(on_bytes));
        // The files stay open as long as a worker reads from them.
        const bool queued = workers_.push([what = what_, fd = part.fd, count, from, answer, &on = on_] {
            on.post([answer, bytes = read_from(fd, count, from)]() mutable { (*answer)(std::move(bytes)); });
        });
        if (!queued) on_.post([answer] { (*answer)(std::unexpected(failure(bot_errc::queue_full, "offload"))); });
    }

private:
    static result<std::string> read_from(int fd, std::size_t count, std::uint64_t from) {
        std::string out(count, '\0');
        std::size_t have = 0;
        while (have < count) {
            const auto got = ::pread(fd, out.data() + have, count - have, static_cast<off_t>(from + have));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return std::unexpected(unreadable("to upload", errno));
            if (got == 0) return std::unexpected(failure(bot_errc::bad_request, "a file became shorter while it was sent"));
            have += static_cast<std::size_t>(got);
        }
        return out;
    }

    std::shared_ptr<opened_upload> what_;
    scheduler& on_;
    offload_pool& workers_;
    std::size_t part_ = 0;
    std::uint64_t at_ = 0;  // In the part.
};

}  // namespace

opened_upload::~opened_upload() {
    for (const auto& each : parts) {
        if (each.fd >= 0) ::close(each.fd);
    }
}

result<opened_upload> open_files(std::string_view payload_json, std::vector<file> files) {
    std::vector<rest::multipart_file> names;
    for (const auto& each : files) names.push_back({each.name(), each.content_type()});
    std::random_device device;
    const auto draw = [&] { return (static_cast<std::uint64_t>(device()) << 32) | device(); };
    auto frame = rest::write_multipart(payload_json, names, draw(), draw());

    opened_upload out;
    out.content_type = std::move(frame.content_type);
    const auto add_text = [&](std::string text) {
        const auto size = text.size();
        out.parts.push_back({.text = std::move(text), .fd = -1, .size_bytes = size});
    };
    for (std::size_t i = 0; i < files.size(); ++i) {
        add_text(std::move(frame.before[i]));
        auto opened = open_one(std::move(files[i]));
        if (!opened) return std::unexpected(std::move(opened).error());
        out.parts.push_back(std::move(*opened));
    }
    add_text(std::move(frame.end));
    return out;
}

std::shared_ptr<net::body_source> make_upload(opened_upload what, scheduler& on, offload_pool& workers) {
    return std::make_shared<upload>(std::move(what), on, workers);
}

}  // namespace shoal::runtime

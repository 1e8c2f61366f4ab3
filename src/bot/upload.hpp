#pragma once
// A request's files on their way: multipart text and the files' bytes, of which those on disk are read by a worker thread.
// Not here: the shape of the text (src/rest/multipart), when it is sent.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.hpp"
#include "net/body_source.hpp"
#include "shoal/file.hpp"

namespace shoal::runtime {

class offload_pool;

/// What open_files() found.
struct opened_upload {
    struct part {
        std::string text;  ///< Multipart text, or the bytes of a file in memory.
        int fd = -1;       ///< Of a file on disk, in place of text.
        std::uint64_t size_bytes = 0;
    };
    opened_upload() = default;
    opened_upload(opened_upload&&) noexcept = default;
    opened_upload& operator=(opened_upload&&) noexcept = default;
    ~opened_upload();

    std::string content_type;
    std::vector<part> parts;
};

/// Opens what is on disk; blocks, so on a worker thread. Fails with bot_errc::bad_request and the file's name.
[[nodiscard]] result<opened_upload> open_files(std::string_view payload_json, std::vector<file> files);

/// The body to send. Used on `on`, which carries REST; `workers` must outlive the request.
[[nodiscard]] std::shared_ptr<net::body_source> make_upload(opened_upload what, scheduler& on, offload_pool& workers);

}  // namespace shoal::runtime

#pragma once
// Turns the bytes of one connection's messages into whole gateway messages: none, zlib-stream, zstd-stream [2.1].
// One inflater a connection. Output is a pooled, counted buffer with padding, of at most `largest_message` bytes.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/buffer.hpp"
#include "gateway/errc.hpp"
#include "gateway/session_config.hpp"
#include "shoal/error.hpp"

namespace shoal::gateway {

class inflater {
public:
    virtual ~inflater() = default;
    /// Feeds one websocket message. The buffer is empty if the gateway message is not whole yet (zlib split over messages
    /// [2.1.2]). A failure poisons the connection: hang up with a resumable code.
    [[nodiscard]] virtual result<buffer> feed(std::span<const char> bytes) = 0;
};

/// `pool` must outlive the inflater and every buffer. largest_message bounds a decompression bomb.
[[nodiscard]] std::unique_ptr<inflater> make_inflater(compression kind, buffer_pool& pool,
                                                      std::size_t largest_message = 64 * 1024 * 1024);

}  // namespace shoal::gateway

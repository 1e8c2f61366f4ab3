#pragma once
// The bytes of a request's body that are too many to hold at once: handed out in pieces while they are sent.
// Not here: where they come from, and what they mean.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "shoal/error.hpp"

namespace shoal::net {

/// Belongs to the client's thread, as its requests do.
class body_source {
public:
    using got = std::move_only_function<void(result<std::string>)>;
    virtual ~body_source() = default;
    /// All of it; what read() hands out adds up to this, or the request fails.
    [[nodiscard]] virtual std::uint64_t size_bytes() const noexcept = 0;
    /// From the beginning again: the request goes out once more. A read that is under way counts for nothing.
    virtual void rewind() = 0;
    /// The next bytes, at least one and at most `most`. `on_bytes` is called on the client's thread, inside this call or later.
    virtual void read(std::size_t most, got on_bytes) = 0;
};

}  // namespace shoal::net

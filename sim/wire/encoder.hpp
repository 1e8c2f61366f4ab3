#pragma once
// How one connection's payloads become websocket messages: text, zlib-stream, zstd-stream, or blobs for a client that asked for
// compress:true in its IDENTIFY; and the faults of that path (F33, F34, F35). Not here: sockets, and what is sent when.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "sim/core/facts.hpp"
#include "sim/wire/compressors.hpp"
#include "sim/wire/target.hpp"
#include "sim/wire/text.hpp"

namespace shoal::sim::wire {

struct encoder_config {
    compression how = compression::none;
    bool vary = false;  ///< Order of keys and white space of the envelope [#48].
    int zlib_level = 3;
    int zstd_level = 1;
    std::size_t blob_from_bytes = 8 * 1024;  ///< compress:true: payloads from this size come as zlib blobs [2.1.5].
    std::uint64_t seed = 1;                  ///< For what is varied and where messages are split.
};

/// One websocket message.
struct wire_message {
    bool binary = false;
    std::string bytes;
};

/// The encoder of one connection. Its stream ends with the connection; a new connection has a new one [2.1.7].
class encoder {
public:
    explicit encoder(const encoder_config& config);

    /// Large payloads as zlib blobs from now on, as IDENTIFY's compress:true asks [2.1.5]; ignored where the transport
    /// compresses.
    void compress_large(bool on) noexcept { blobs_ = on && config_.how == compression::none; }
    /// Arms split_messages, fragment_with_pings or corrupt_byte for the next `count` messages, or one of F35's others for the
    /// next one.
    void arm(wire_fault fault, std::uint64_t count);

    /// The websocket messages that carry one payload: one, or many under F33.
    [[nodiscard]] std::vector<wire_message> encode(const payload& what);
    /// The same as frames on the wire, F34's fragments and pings included. Returns the plain JSON's length.
    std::size_t append_frames(const payload& what, std::string& out);

    /// The text of the last payload, as it was before compression; valid while that payload's data lives.
    [[nodiscard]] const text_parts& last_text() const noexcept { return parts_; }
    [[nodiscard]] const encoder_config& config() const noexcept { return config_; }

private:
    /// Fills `one_`; returns true if it was compressed.
    bool make_one(const payload& what);
    void spoil_text();
    template <class Stream>
    void compress(Stream& stream, std::string_view front, std::string_view data);
    void corrupt(bool first_of_stream);
    [[nodiscard]] std::vector<wire_message> split(std::string_view bytes);
    void append_fragments(const wire_message& message, std::string& out);

    encoder_config config_;
    random_source random_;
    bool blobs_ = false;
    std::unique_ptr<zlib_stream> zlib_;
    std::unique_ptr<zstd_stream> zstd_;
    text_parts parts_;
    wire_message one_;
    std::uint64_t to_split_ = 0, splits_done_ = 0;
    std::uint64_t to_fragment_ = 0;
    std::uint64_t to_corrupt_ = 0;
    std::optional<wire_fault> to_spoil_;  ///< The next message, in the way of F35.
    std::uint64_t bomb_megabytes_ = 0;    ///< That the message in the making says in place of its data.
    std::size_t plain_bytes_ = 0;
};

}  // namespace shoal::sim::wire

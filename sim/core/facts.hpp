#pragma once
// The simulator's facts and orders: what reaches Discord and what Discord does. The core is a pure machine over them; sockets,
// compression and TLS are in sim/wire and sim/server, and a virtual network in tests/simulation.
// This folder has its own tables of Discord's protocol on purpose: it shares none with the client, so that one mistake cannot
// sit on both sides of the wire.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"

namespace shoal::sim {

enum class conn_id : std::uint64_t {};
enum class request_id : std::uint64_t {};

/// JSON text that many sessions may share.
using shared_text = std::shared_ptr<const std::string>;

/// One gateway message. On the wire: {"t":NAME|null,"s":N|null,"op":OP,"d":DATA}; the order of keys and white space may be
/// varied.
struct payload {
    int op = 0;
    std::string name;       ///< Empty: null.
    std::uint64_t seq = 0;  ///< 0: null.
    shared_text data;       ///< nullptr: null.
};

// ---- facts -------------------------------------------------------------------------------------------------------------

/// A websocket upgrade was accepted. `target` is "/?v=10&encoding=json&compress=zlib-stream".
struct connection_opened {
    conn_id conn;
    std::string target;
    bool on_resume_host = false;
};
/// One text or binary message from the client.
struct message_arrived {
    conn_id conn;
    std::string text;
};
/// The client closed (with a code), or its TCP ended (nullopt).
struct connection_closed {
    conn_id conn;
    std::optional<std::uint16_t> code;
};

struct header {
    std::string name, value;
};
struct http_arrived {
    request_id request;
    std::string method, target, body;  ///< target is "/api/v10/gateway/bot?x=1".
    std::vector<header> headers;
    std::string peer_ip;
};
struct tick {};

using input = std::variant<connection_opened, message_arrived, connection_closed, http_arrived, tick>;

// ---- orders ------------------------------------------------------------------------------------------------------------

struct send_payload {
    conn_id conn;
    payload what;
};
/// Send a close frame (nullopt: one without a code, F3), then end TCP soon after the client's echo or 2 s.
struct close_connection {
    conn_id conn;
    std::optional<std::uint16_t> code;
    std::string reason;
};

/// How a connection's messages are framed from here on: compress is IDENTIFY's own flag [2.1.5], so that large payloads become
/// complete zlib blobs in binary messages. Only given for connections without transport compression.
struct connection_mode {
    conn_id conn;
    bool compress = false;
};

/// Things that happen below the protocol. Carried out by the wire; a virtual network maps them to what it has.
enum class wire_fault : std::uint8_t {
    fin,             ///< F1
    rst,             ///< F2
    rst_mid_record,  ///< F2: in the middle of a TLS record.
    rst_mid_frame,   ///< F2: in the middle of a websocket frame.
    stop_reading,    ///< F12; until resume_reading
    resume_reading,
    stall_sending,        ///< F13: for `span`, then everything at once.
    split_messages,       ///< F33: zlib-stream messages over many websocket messages, for the next `count` messages.
    fragment_with_pings,  ///< F34, for the next `count` messages.
    corrupt_byte,         ///< F35: in the next compressed message.
    truncate_message,     ///< F35: the next message ends in its middle; what follows goes on behind its lost rest.
    bomb,                 ///< F35: the next message says `count` megabytes of zeros.
    cut_json,             ///< F35: the next message's JSON ends in its middle, its compression is whole.
    no_op,                ///< F35: the next message has no op.
    coalesce,             ///< F36: the next `count` messages leave in one segment.
    tiny_segments,        ///< F37: 1-byte segments, for the next `count` messages.
};
struct wire_order {
    conn_id conn;
    wire_fault fault;
    std::uint64_t count = 0;
    duration span{};
};

/// Faults before a connection is anything, decided by the listener per connection with `percent`.
enum class accept_fault : std::uint8_t { refuse_tcp /* F5 */, mute_tls /* F6 */, upgrade_status /* F7: `status` with HTML */ };
struct accept_order {
    accept_fault fault;
    double percent = 0;
    int status = 0;
    bool on_resume_host = false;
};

/// How an answer reaches its client; everything but `whole` is a fault (F41, F45). An answer that never comes has no order.
enum class http_delivery : std::uint8_t {
    whole,
    slow,         ///< In pieces over `span`.
    truncated,    ///< Half of the body, then the connection ends.
    too_long,     ///< Content-Length promises ten bytes more than come, and the connection stays.
    too_short,    ///< Content-Length promises half of what comes.
    reset,        ///< TCP RST in place of the answer.
    then_closed,  ///< Whole, and kept alive in words; closed when the next request comes on this connection.
};
struct http_answer {
    request_id request;
    int status = 200;
    std::vector<header> headers;
    std::string body;
    http_delivery delivery = http_delivery::whole;
    duration span{};
};
/// Wake the core with tick at this time; replaces the wish before.
struct wake_at {
    instant when;
};

using action = std::variant<send_payload, close_connection, wire_order, accept_order, http_answer, wake_at, connection_mode>;

}  // namespace shoal::sim

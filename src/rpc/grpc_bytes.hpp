#pragma once
// Between gRPC's buffers and statuses and ours. For this room only.

#include <grpc/grpc.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <array>
#include <string>
#include <utility>

#include "shoal/error.hpp"

namespace shoal::rpc {

/// Of every channel and server. gRPC holds a message whole before it looks at its size, and then refuses it where nobody can tell
/// or count it: the size is looked at here instead. A message that is sent compressed comes as it is and is understood by nobody.
/// And no pings that measure the bandwidth: messages are small, and with a thousand workers each costs two wake-ups.
inline constexpr std::array<std::pair<const char*, int>, 4> message_arguments{{{GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, -1},
                                                                               {GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, -1},
                                                                               {GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0},
                                                                               {GRPC_ARG_HTTP2_BDP_PROBE, 0}}};

[[nodiscard]] std::string text_of(grpc::ByteBuffer& buffer);
[[nodiscard]] grpc::ByteBuffer buffer_of(const std::string& text);

/// What a call's end says to a client. Never a success: an end in order is errc::finished.
[[nodiscard]] failure failure_of(const grpc::Status& status);
/// What a client is told about a handler's failure: the code as near as gRPC has one, and the sentence.
[[nodiscard]] grpc::Status status_of(const failure& why);

}  // namespace shoal::rpc

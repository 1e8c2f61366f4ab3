#pragma once
// Between gRPC's buffers and statuses and ours. For this room only.

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <string>

#include "shoal/error.hpp"

namespace shoal::rpc {

[[nodiscard]] std::string text_of(grpc::ByteBuffer& buffer);
[[nodiscard]] grpc::ByteBuffer buffer_of(const std::string& text);

/// What a call's end says to a client. Never a success: an end in order is errc::finished.
[[nodiscard]] failure failure_of(const grpc::Status& status);
/// What a client is told about a handler's failure: the code as near as gRPC has one, and the sentence.
[[nodiscard]] grpc::Status status_of(const failure& why);

}  // namespace shoal::rpc

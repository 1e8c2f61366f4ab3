#pragma once
// The parts that several messages have in common, in both directions. For the sources of this room only.

#include <google/protobuf/stubs/logging.h>

#include <string_view>

#include <shoal.pb.h>
#include "cluster/messages.hpp"
#include "wire/field_checks.hpp"

namespace shoal::wire {

void write(const discord::resume_ticket& from, v1::Ticket& to);
[[nodiscard]] discord::resume_ticket read(const v1::Ticket& from, field_checks& checks);
void write(const cluster::capacity& from, v1::Capacity& to);
[[nodiscard]] cluster::capacity read(const v1::Capacity& from);
void write(const cluster::node_metrics& from, v1::NodeMetrics& to);
[[nodiscard]] cluster::node_metrics read(const v1::NodeMetrics& from, field_checks& checks);
void write(const cluster::shard_metrics& from, v1::ShardMetrics& to);
[[nodiscard]] cluster::shard_metrics read(const v1::ShardMetrics& from, field_checks& checks);
void write(const cluster::rest_use& from, v1::RestUse& to);
[[nodiscard]] cluster::rest_use read(const v1::RestUse& from, field_checks& checks);
void write(const cluster::rest_slice& from, v1::RestSlice& to);
[[nodiscard]] cluster::rest_slice read(const v1::RestSlice& from, field_checks& checks);

/// Reads `bytes` into `message`, or says why not.
template <class Message>
[[nodiscard]] result<void> parse(std::string_view bytes, std::size_t most, Message& message) {
    if (bytes.size() > most) return std::unexpected(failure(errc::too_large, std::to_string(bytes.size()) + " bytes"));
    // protobuf would write a line to stderr for each text that is no UTF-8: a peer could fill a log with it.
    const google::protobuf::LogSilencer silence;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::unexpected(failure(errc::garbage));
    return {};
}

}  // namespace shoal::wire

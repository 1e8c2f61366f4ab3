#include "rpc/grpc_bytes.hpp"

#include <array>

#include "base/utf8.hpp"
#include "rpc/errc.hpp"

namespace shoal::rpc {
namespace {

struct code_pair {
    errc ours;
    grpc::StatusCode theirs;
};
constexpr std::array pairs{
    code_pair{errc::wrong_role, grpc::PERMISSION_DENIED}, code_pair{errc::unknown_method, grpc::UNIMPLEMENTED},
    code_pair{errc::malformed, grpc::INVALID_ARGUMENT},   code_pair{errc::busy, grpc::RESOURCE_EXHAUSTED},
    code_pair{errc::refused, grpc::FAILED_PRECONDITION},  code_pair{errc::timed_out, grpc::DEADLINE_EXCEEDED},
    code_pair{errc::unreachable, grpc::UNAVAILABLE},      code_pair{errc::cancelled, grpc::CANCELLED},
    code_pair{errc::untrusted, grpc::UNAUTHENTICATED},    code_pair{errc::broken, grpc::INTERNAL},
    code_pair{errc::too_large, grpc::OUT_OF_RANGE},
};

/// A sentence of the other side's, or of gRPC's: bounded, of one line.
std::string sentence(const std::string& said) {
    auto text = said.substr(0, 500);
    const bool whole = is_utf8(text);
    for (auto& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F || (!whole && byte >= 0x80)) c = ' ';
    }
    return text;
}

bool says(const std::string& message, std::string_view words) { return message.find(words) != std::string::npos; }

/// gRPC knows one code for everything that keeps it from a connection; the reason is in its words.
failure unreachable(const std::string& message) {
    if (says(message, "CERTIFICATE_VERIFY_FAILED") || says(message, "certificate verify failed"))
        return {errc::untrusted, "the other side's certificate is not of an authority in ca.pem, or not valid now"};
    if (says(message, "Peer name") && says(message, "not in peer certificate"))
        return {errc::untrusted, "the other side's certificate is for another host; shoal certs node --host names the hosts"};
    // Before other alerts: it is one, too, when no suite is common to both.
    if (says(message, "PROTOCOL_VERSION") || says(message, "protocol version") || says(message, "unsupported protocol") ||
        says(message, "handshake failure") || says(message, "no cipher match"))
        return {errc::untrusted, "the other side does not speak TLS 1.3"};
    if (says(message, "ALERT") || says(message, "tlsv1 alert") || says(message, "sslv3 alert") || says(message, "tlsv13 alert"))
        return {errc::untrusted, "the other side refuses this node's certificate"};
    if (says(message, "missing selected ALPN")) return {errc::not_our_kind, "it speaks TLS, and no HTTP/2"};
    if (says(message, "WRONG_VERSION_NUMBER") || says(message, "wrong version number") || says(message, "Ssl handshake failed"))
        return {errc::not_our_kind, sentence(message)};
    if (says(message, "Handshake read failed") || says(message, "Handshake timed out"))
        return {errc::no_handshake, "it takes the connection and finishes no TLS handshake"};
    return {errc::unreachable, sentence(message)};
}

}  // namespace

std::string text_of(grpc::ByteBuffer& buffer) {
    grpc::Slice slice;
    if (buffer.TrySingleSlice(&slice).ok() || buffer.DumpToSingleSlice(&slice).ok())
        return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
    return {};
}

grpc::ByteBuffer buffer_of(const std::string& text) {
    const grpc::Slice slice(text);
    return {&slice, 1};
}

failure failure_of(const grpc::Status& status) {
    if (status.ok()) return errc::finished;
    const auto& message = status.error_message();
    if (status.error_code() == grpc::UNAVAILABLE) return unreachable(message);
    for (const auto& [ours, theirs] : pairs) {
        if (theirs == status.error_code()) return {ours, sentence(message)};
    }
    return {errc::broken, sentence(message)};
}

grpc::Status status_of(const failure& why) {
    for (const auto& [ours, theirs] : pairs) {
        if (why.is(ours)) return {theirs, why.detail().empty() ? std::string(why.text()) : why.detail()};
    }
    if (why.is(errc::finished)) return grpc::Status::OK;
    return {why.room() == errc_room(errc::broken) ? grpc::INTERNAL : grpc::FAILED_PRECONDITION, why.message()};
}

}  // namespace shoal::rpc

// What a node makes of any bytes of another: each kind of message, by whoever reads it. What is read is within its bounds, and is
// written and read alike.

#include "wire/codec.hpp"

#include "base/utf8.hpp"
#include "bytes.hpp"
#include "wire/limits.hpp"
#include "wire/methods.hpp"

using namespace shoal;

namespace {

template <class Decode>
void twice(std::string_view bytes, Decode decode) {
    const auto read = decode(bytes);
    if (!read) {
        // Nothing of a foreign text is repeated.
        SHOAL_ASSERT(read.error().detail().size() <= 64 && is_utf8(read.error().detail()));
        return;
    }
    const auto written = std::visit([](const auto& one) -> std::string { return wire::encode(one); }, *read);
    const auto again = decode(written);
    SHOAL_ASSERT(again.has_value());
    SHOAL_ASSERT(std::visit([](const auto& one) -> std::string { return wire::encode(one); }, *again) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const auto which = in.choice();
    const fuzz::exact bytes(in.rest());
    switch (which % 4) {
        case 0: twice(bytes.view(), &wire::decode_from_worker); break;
        case 1: twice(bytes.view(), &wire::decode_from_coordinator); break;
        case 2: {
            if (const auto read = wire::decode_operator_answer(bytes.view())) {
                const auto written = wire::encode(*read);
                SHOAL_ASSERT(wire::encode(wire::decode_operator_answer(written).value()) == written);
            }
            break;
        }
        default: {
            const auto methods = wire::declared_methods();
            const auto& method = methods[(which / 4) % methods.size()].path;
            if (const auto read = wire::decode_operator_request(method, bytes.view())) {
                SHOAL_ASSERT(wire::method_of(*read) == method);
                const auto written = wire::encode(*read);
                SHOAL_ASSERT(wire::encode(wire::decode_operator_request(method, written).value()) == written);
            }
        }
    }
    return 0;
}

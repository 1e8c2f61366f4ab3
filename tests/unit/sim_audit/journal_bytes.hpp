#pragma once
// Journals written byte by byte from docs/journal.md, for the tests of their reader.

#include <cstdint>
#include <string>
#include <string_view>

namespace audit_test {

inline void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

inline const std::string incarnation_hex = "000102030405060708090a0b0c0d0e0f";

class journal_bytes {
public:
    explicit journal_bytes(std::uint32_t shard = 3, std::uint32_t total = 16, std::uint8_t first_byte = 0) {
        bytes = "SHOALJN1";
        put(bytes, shard, 4);
        put(bytes, total, 4);
        put(bytes, 4711, 8);
        std::string hex = incarnation_hex;
        static constexpr std::string_view digits = "0123456789abcdef";
        hex[0] = digits[first_byte >> 4U];
        hex[1] = digits[first_byte & 15U];
        bytes.push_back(static_cast<char>(first_byte));
        for (int i = 1; i < 16; ++i) bytes.push_back(static_cast<char>(i));
        put(bytes, 1790000000000000000ULL, 8);
        bytes.append(16, '\0');
        name = hex + "-" + std::to_string(shard) + "of" + std::to_string(total) + ".journal";
    }
    journal_bytes& record(int kind, std::uint32_t session, std::uint64_t seq, int delivery = 0) {
        put(bytes, static_cast<std::uint64_t>(kind), 1);
        put(bytes, static_cast<std::uint64_t>(delivery), 1);
        put(bytes, 0, 2);
        put(bytes, session, 4);
        put(bytes, seq, 8);
        put(bytes, clock++, 8);
        put(bytes, 0, 8);
        return *this;
    }
    journal_bytes& session(std::uint32_t index, std::string id) {
        record(1, index, 0);
        id.resize(64, '\0');
        bytes += id;
        return *this;
    }
    journal_bytes& started(std::uint64_t seq, int delivery = 0, std::uint32_t session = 0) {
        return record(2, session, seq, delivery);
    }
    journal_bytes& ended(std::uint64_t seq, std::uint32_t session = 0) { return record(3, session, seq); }
    journal_bytes& handled(std::uint64_t seq, int delivery = 0, std::uint32_t session = 0) {
        return started(seq, delivery, session).ended(seq, session);
    }
    journal_bytes& stepped_over(std::uint64_t seq) { return record(4, 0, seq); }
    journal_bytes& taken_over(std::uint64_t done) { return record(6, 0, done); }
    journal_bytes& closed() { return record(5, 0, 0); }

    std::string name, bytes;
    std::uint64_t clock = 1000;
};

}  // namespace audit_test

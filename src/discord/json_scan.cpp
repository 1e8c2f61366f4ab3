// 64 bytes a step: one bit per byte for quotes, brackets and escapes, so that long values that nobody reads cost next to nothing.

#include "discord/json_scan.hpp"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define SHOAL_WIDE __attribute__((target("avx2,pclmul,popcnt")))
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace shoal::discord::detail {
namespace {

struct block_masks {
    std::uint64_t quotes = 0, backslashes = 0, opens = 0, closes = 0, commas = 0;
};

#if defined(__SSE2__)
std::uint64_t equal_mask(__m128i bytes, char what) noexcept {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(what))));
}
/// What every machine can do.
struct plain_machine {
    static block_masks masks_of(const char* p) noexcept {
        block_masks m;
        for (unsigned i = 0; i < 4; ++i) {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
            const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));  // '[' and '{' become one, ']' and '}' too.
            m.quotes |= equal_mask(bytes, '"') << (16 * i);
            m.backslashes |= equal_mask(bytes, '\\') << (16 * i);
            m.opens |= equal_mask(folded, '{') << (16 * i);
            m.closes |= equal_mask(folded, '}') << (16 * i);
            m.commas |= equal_mask(bytes, ',') << (16 * i);
        }
        return m;
    }
#else
struct plain_machine {
    static block_masks masks_of(const char* p) noexcept {
        block_masks m;
        for (unsigned i = 0; i < 64; ++i) {
            const std::uint64_t bit = std::uint64_t{1} << i;
            switch (p[i]) {
                case '"': m.quotes |= bit; break;
                case '\\': m.backslashes |= bit; break;
                case '[':
                case '{': m.opens |= bit; break;
                case ']':
                case '}': m.closes |= bit; break;
                case ',': m.commas |= bit; break;
                default: break;
            }
        }
        return m;
    }
#endif
    /// Each bit becomes the parity of itself and all bits below: quotes become "inside a string".
    static std::uint64_t parity_up_to(std::uint64_t bits) noexcept {
        for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
        return bits;
    }
    static std::int64_t count(std::uint64_t bits) noexcept { return std::popcount(bits); }
};

#if defined(__x86_64__)
/// The same on machines since 2013 (AVX2, PCLMUL, POPCNT): four times as fast, asked for once.
struct wide_machine {
    SHOAL_WIDE static std::uint64_t equal(__m256i low, __m256i high, char what) noexcept {
        const auto wanted = _mm256_set1_epi8(what);
        const auto first = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)));
        const auto second = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)));
        return first | std::uint64_t{second} << 32U;
    }
    SHOAL_WIDE static block_masks masks_of(const char* p) noexcept {
        const auto low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
        const auto high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32));
        const auto fold = _mm256_set1_epi8(0x20);
        const auto low_folded = _mm256_or_si256(low, fold), high_folded = _mm256_or_si256(high, fold);
        return {equal(low, high, '"'), equal(low, high, '\\'), equal(low_folded, high_folded, '{'),
                equal(low_folded, high_folded, '}'), equal(low, high, ',')};
    }
    SHOAL_WIDE static std::uint64_t parity_up_to(std::uint64_t bits) noexcept {
        const auto product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8(-1), 0);
        return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
    }
    SHOAL_WIDE static std::int64_t count(std::uint64_t bits) noexcept { return _mm_popcnt_u64(bits); }
};
const bool is_wide = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("popcnt") != 0;
}();
#endif

/// The bits of characters that a backslash before them escapes. `carry`: the block's first character is escaped.
std::uint64_t escaped_by(std::uint64_t backslashes, bool& carry) noexcept {
    std::uint64_t escaped = carry ? 1 : 0;
    backslashes &= ~escaped;
    carry = false;
    while (backslashes != 0) {
        const std::uint64_t first = backslashes & (~backslashes + 1);
        const std::uint64_t next = first << 1;
        if (next == 0) {
            carry = true;
            break;
        }
        escaped |= next;
        backslashes &= ~(first | next);
    }
    return escaped;
}

}  // namespace

const char* skip_long_string(const char* p, const char* end, string_look& seen) noexcept {
    seen = {};
    ++p;
#if defined(__SSE2__)
    while (end - p >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        const auto high = static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
        const std::uint64_t found = equal_mask(bytes, '"') | equal_mask(bytes, '\\');
        if (found == 0) {
            if (high != 0) seen.ascii = false;
            p += 16;
            continue;
        }
        if ((high & (found ^ (found - 1))) != 0) seen.ascii = false;
        p += std::countr_zero(found);
        if (*p == '"') return p + 1;
        seen.escapes = true;
        if (end - p < 2) return nullptr;
        p += 2;
    }
#endif
    while (p != end) {
        if (*p == '"') return p + 1;
        if (static_cast<unsigned char>(*p) >= 0x80) seen.ascii = false;
        if (*p == '\\') {
            seen.escapes = true;
            if (end - p < 2) return nullptr;
            ++p;
        }
        ++p;
    }
    return nullptr;
}

namespace {

/// Those of a block's commas at which `depth`, as it is where the block begins, has come to 1.
[[gnu::always_inline]] inline void note_commas(item_commas& into, const block_masks& m, std::int64_t depth,
                                               const char* block) noexcept {
    const auto note = [&](std::uint64_t commas) {
        for (; commas != 0 && into.count <= item_commas::most; commas &= commas - 1)
            into.at[into.count++] = block + std::countr_zero(commas);
    };
    std::uint64_t brackets = m.opens | m.closes;
    std::uint64_t ahead = m.commas;
    while (brackets != 0 && depth >= 0) {
        const std::uint64_t bit = brackets & (~brackets + 1);
        if (depth == 1) note(ahead & (bit - 1));
        ahead &= ~(bit - 1);
        depth += (m.opens & bit) != 0 ? 1 : -1;
        if (depth == 0) return;  // The container ends here.
        brackets &= brackets - 1;
    }
    if (depth == 1) note(ahead);
}

template <class Machine>
[[gnu::always_inline]] inline const char* walk_container(const char* p, const char* end, item_commas* commas) noexcept {
    // So the outermost bracket is none of those that are left out below.
    if (end - p >= 2 && (p[1] == '}' || p[1] == ']')) return p + 2;
    std::int64_t depth = 0;
    std::uint64_t inside = 0;  // All ones while the last block ended inside a string.
    bool escaped_carry = false;
    char tail[64];
    while (p != end) {
        const char* block = p;
        const auto left = static_cast<std::uint64_t>(end - p);
        if (left < 64) {
            std::memset(tail, ' ', sizeof tail);
            std::memcpy(tail, p, left);
            block = tail;
        }
        auto m = Machine::masks_of(block);
        if (m.backslashes != 0 || escaped_carry) m.quotes &= ~escaped_by(m.backslashes, escaped_carry);
        const std::uint64_t strings = Machine::parity_up_to(m.quotes) ^ inside;
        inside = (strings >> 63) != 0 ? ~std::uint64_t{0} : 0;
        m.opens &= ~strings;
        m.closes &= ~strings;
        // Empty ones open and close side by side: they change no depth.
        const std::uint64_t empty = m.opens & (m.closes >> 1);
        m.opens &= ~empty;
        m.closes &= ~(empty << 1);
        const auto closing = Machine::count(m.closes);
        if (commas != nullptr && depth - closing <= 1) {
            m.commas &= ~strings;
            if (m.commas != 0) note_commas(*commas, m, depth, p);
        }
        if (closing >= depth) {
            // The outermost bracket may close in this block: go from closing bracket to closing bracket.
            std::uint64_t closes = m.closes;
            while (closes != 0) {
                const std::uint64_t bit = closes & (~closes + 1);
                const auto opened = Machine::count(m.opens & (bit - 1));
                const auto closed = Machine::count(m.closes & (bit - 1)) + 1;
                if (depth + opened - closed <= 0) return p + std::countr_zero(bit) + 1;
                closes &= closes - 1;
            }
        }
        depth += Machine::count(m.opens) - closing;
        if (left <= 64) return nullptr;
        p += 64;
    }
    return nullptr;
}

#if defined(__x86_64__)
SHOAL_WIDE const char* walk_container_wide(const char* p, const char* end) noexcept {
    return walk_container<wide_machine>(p, end, nullptr);
}
SHOAL_WIDE const char* walk_container_wide(const char* p, const char* end, item_commas& commas) noexcept {
    return walk_container<wide_machine>(p, end, &commas);
}
#endif

}  // namespace

const char* skip_container_plain(const char* p, const char* end) noexcept {
    return walk_container<plain_machine>(p, end, nullptr);
}
const char* skip_container_plain(const char* p, const char* end, item_commas& commas) noexcept {
    commas.count = 0;
    return walk_container<plain_machine>(p, end, &commas);
}

const char* skip_container(const char* p, const char* end) noexcept {
#if defined(__x86_64__)
    if (is_wide) return walk_container_wide(p, end);
#endif
    return skip_container_plain(p, end);
}

const char* skip_container(const char* p, const char* end, item_commas& commas) noexcept {
#if defined(__x86_64__)
    if (is_wide) {
        commas.count = 0;
        return walk_container_wide(p, end, commas);
    }
#endif
    return skip_container_plain(p, end, commas);
}

}  // namespace shoal::discord::detail

#include "sim/core/names.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace shoal::sim {
namespace {

using sv = std::string_view;

constexpr std::array<sv, 64> words = {
    "amber",  "anchor", "april",  "arcade", "atlas",   "badger", "basil",  "beacon",  "birch",   "brook",  "canyon",
    "cedar",  "cinder", "clover", "comet",  "copper",  "coral",  "crane",  "dawn",    "delta",   "drift",  "dusk",
    "echo",   "ember",  "falcon", "fern",   "fjord",   "flint",  "forge",  "frost",   "garnet",  "glade",  "grove",
    "harbor", "hazel",  "heron",  "indigo", "iris",    "ivory",  "jade",   "juniper", "kestrel", "lagoon", "lark",
    "lotus",  "lunar",  "maple",  "marble", "meadow",  "mica",   "nova",   "onyx",    "opal",    "otter",  "pebble",
    "quartz", "raven",  "sable",  "sierra", "thistle", "umber",  "violet", "willow",  "zephyr"};
constexpr std::array<sv, 24> common = {"the",  "and",  "is",   "you",   "that", "it",   "we",   "not",
                                       "what", "when", "just", "like",  "can",  "game", "lol",  "yeah",
                                       "now",  "who",  "play", "today", "ok",   "why",  "good", "please"};
constexpr std::array<sv, 14> foreign = {"こんにちは", "ありがとう", "привет", "спасибо", "你好", "안녕하세요", "Übergröße",
                                        "façade",     "żółw",       "مرحبا",  "नमस्ते",    "café", "Ελλάδα",     "สวัสดี"};
constexpr std::array<sv, 14> emojis = {"😀", "🎉", "👍", "❤️", "🔥", "🐟", "🦈", "👩‍💻", "🇫🇮", "✅", "🥲", "🫠", "⭐", "𝓢"};
constexpr std::array<sv, 12> topics = {"general",      "rules",       "off-topic", "memes",         "announcements", "help",
                                       "bot-commands", "screenshots", "music",     "introductions", "suggestions",   "support"};
constexpr std::array<sv, 12> ranks = {"Admin",    "Moderator", "Helper", "VIP",    "Member",        "Artist",
                                      "Streamer", "Veteran",   "Muted",  "Events", "Announcements", "Supporter"};
constexpr std::array<sv, 32> locales = {"id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr",    "hr",    "it", "lt",
                                        "hu", "nl", "no", "pl",    "pt-BR", "ro",    "fi",     "sv-SE", "vi",    "tr", "cs",
                                        "el", "bg", "ru", "uk",    "hi",    "th",    "zh-CN",  "ja",    "zh-TW", "ko"};

template <std::size_t N>
sv any(random_source& random, const std::array<sv, N>& from) {
    return from[random.below(N)];
}

std::string capital(sv word) {
    std::string out(word);
    if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
}

}  // namespace

std::string user_name(random_source& random) {
    std::string out(any(random, words));
    switch (random.below(4)) {
        case 0: out += "." + std::string(any(random, words)); break;
        case 1: out += "_" + std::to_string(random.below(10000)); break;
        case 2: out += std::to_string(random.below(100)); break;
        default: out += any(random, words);
    }
    return out;
}

std::string display_name(random_source& random) {
    switch (random.below(10)) {
        case 0: return std::string(any(random, foreign));
        case 1: return capital(any(random, words)) + " " + std::string(any(random, emojis));
        case 2: return "\"" + capital(any(random, words)) + "\" \\o/";
        case 3: return std::string(any(random, emojis)) + std::string(any(random, foreign));
        default: return capital(any(random, words)) + " " + capital(any(random, words));
    }
}

std::string guild_name(random_source& random) {
    switch (random.below(6)) {
        case 0: return std::string(any(random, foreign)) + " " + capital(any(random, words));
        case 1: return std::string(any(random, emojis)) + " " + capital(any(random, words)) + "'s server";
        case 2: return capital(any(random, words)) + " / " + capital(any(random, words));
        default: return "The " + capital(any(random, words)) + " " + capital(any(random, words));
    }
}

std::string channel_name(random_source& random) {
    switch (random.below(8)) {
        case 0: return std::string(any(random, emojis)) + "・" + std::string(any(random, topics));
        case 1: return std::string(any(random, foreign));
        case 2: return std::string(any(random, words)) + "-" + std::string(any(random, topics));
        default: return std::string(any(random, topics)) + "-" + std::string(any(random, words));
    }
}

std::string voice_name(random_source& random) {
    return random.chance(0.2) ? "🔊 " + std::string(any(random, foreign)) : capital(any(random, words)) + " room";
}

std::string role_name(random_source& random) {
    switch (random.below(6)) {
        case 0: return std::string(any(random, foreign));
        case 1: return std::string(any(random, emojis)) + " " + std::string(any(random, ranks));
        default: return capital(any(random, words)) + " " + std::string(any(random, ranks));
    }
}

std::string emoji_name(random_source& random) {
    return std::string(any(random, words)) + (random.chance(0.5) ? "_" : "") + capital(any(random, words));
}

std::string prose(random_source& random, std::size_t length) {
    std::string out;
    std::size_t characters = 0;
    while (characters < length) {
        if (characters > 0) {
            const bool line = random.below(30) == 0;
            out.push_back(line ? '\n' : ' ');
            ++characters;
        }
        const std::uint64_t kind = random.below(200);
        const std::size_t before = out.size();
        if (kind < 120) {
            out.append(any(random, common));
        } else if (kind < 184) {
            out.append(any(random, words));
        } else if (kind < 190) {
            out.append(any(random, emojis));
        } else if (kind < 195) {
            out.append(any(random, foreign));
        } else if (kind == 195) {
            out.append("\"quoted\"");
        } else if (kind == 196) {
            out.append("C:\\path\t");
        } else if (kind == 197) {
            out.append("https://example.com/a/b?c=d&e=<f>");
        } else if (kind == 198) {
            out.push_back('\0');
            out.push_back('\x1f');
        } else {
            out.append("```\n{\"json\": [1, 2]}\n```");
        }
        // Characters, not bytes: continuation bytes do not count.
        characters +=
            static_cast<std::size_t>(std::count_if(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(),
                                                   [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    }
    return out;
}

std::size_t message_length(random_source& random) {
    return static_cast<std::size_t>(std::clamp(30.0 * std::exp(normal(random)), 1.0, 1900.0));
}

std::string image_hash(random_source& random, double animated) {
    constexpr sv digits = "0123456789abcdef";
    std::string out(random.chance(animated) ? "a_" : "");
    for (int word = 0; word < 2; ++word) {
        std::uint64_t bits = random.next();
        for (int i = 0; i < 16; ++i, bits >>= 4) out.push_back(digits[bits & 15U]);
    }
    return out;
}

std::string_view unicode_emoji(random_source& random) { return any(random, emojis); }
std::string_view locale(random_source& random) { return random.chance(0.6) ? sv("en-US") : any(random, locales); }

spelling some_spelling(random_source& random) {
    const std::uint64_t draw = random.below(16);
    return draw == 0 ? spelling::ascii : draw == 1 ? spelling::slashes : spelling::plain;
}

std::size_t geometric(random_source& random, double mean) {
    const double stop = 1.0 / (1.0 + mean);
    return static_cast<std::size_t>(std::log(1.0 - random.unit()) / std::log(1.0 - stop));
}

double normal(random_source& random) {
    const double u = 1.0 - random.unit();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * random.unit());
}

}  // namespace shoal::sim

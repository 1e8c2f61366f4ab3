// The library's journal writer against the audit's reader, which shares nothing with it but docs/journal.md: whatever is written,
// the same is read.

#include "state/journal_writer.hpp"

#include <stdlib.h>

#include <array>
#include <filesystem>
#include <string>

#include "bytes.hpp"
#include "sim/audit/journal_reader.hpp"

using namespace shoal;

namespace {

namespace fs = std::filesystem;

/// A folder of this process, away when it ends.
const std::string& folder() {
    static const struct place {
        place() {
            auto name = (fs::temp_directory_path() / "shoal-fuzz-XXXXXX").string();
            SHOAL_ASSERT(::mkdtemp(name.data()) != nullptr);
            path = name;
        }
        ~place() {
            std::error_code ignored;
            fs::remove_all(path, ignored);
        }
        std::string path;
    } here;
    return here.path;
}

struct expected_record {
    sim::journal_kind kind;
    std::uint8_t delivery;
    std::uint32_t session;
    std::uint64_t seq;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    std::vector<expected_record> records;
    std::vector<std::string> sessions;
    bool closed = false;
    {
        auto writer = state::journal_writer::create(folder(), {1, 2}, state::make_incarnation());
        SHOAL_ASSERT(writer.has_value());
        while (!in.rest().empty() && !closed) {
            const auto what = in.choice();
            const auto number = in.choice();
            const instant now{std::chrono::milliseconds(number)};
            const auto session = sessions.empty() ? 0 : static_cast<std::uint32_t>(number % sessions.size());
            const std::uint64_t seq = number * 0x0101010101010101ULL;
            const auto delivery = static_cast<std::uint8_t>(number % 3);
            if (what % 8 == 0 || sessions.empty()) {
                const auto id = "s" + std::string(number, static_cast<char>('a' + what % 26));
                SHOAL_ASSERT(writer->session(id, now) == sessions.size());
                sessions.push_back(id.substr(0, 64));
            } else if (what % 8 < 4) {
                writer->started(session, seq, delivery, now);
                records.push_back({sim::journal_kind::started, delivery, session, seq});
                if (what % 8 == 3) {
                    writer->take_back();
                    records.pop_back();
                }
            } else if (what % 8 < 6) {
                writer->ended(session, seq, delivery, now);
                records.push_back({sim::journal_kind::ended, delivery, session, seq});
            } else if (what % 8 == 6) {
                writer->stepped_over(session, seq, now);
                records.push_back({sim::journal_kind::stepped_over, 0, session, seq});
            } else if (what == 0xFF) {
                writer->closed(now);
                closed = true;
            }
        }
        SHOAL_ASSERT(writer->broken().empty());
        // With the room that was reserved, as the file of a process that was killed, and (below) without it.
        const auto journals = sim::read_journals(folder());
        SHOAL_ASSERT(journals.has_value() && journals->size() == 1 && journals->front().records.size() == records.size());
    }
    const auto journals = sim::read_journals(folder());
    SHOAL_ASSERT(journals.has_value() && journals->size() == 1);
    const auto& read = journals->front();
    SHOAL_ASSERT(read.shard == 1 && read.total == 2 && read.closed == closed && read.sessions == sessions);
    SHOAL_ASSERT(read.records.size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& got = read.records[i];
        const auto& put = records[i];
        SHOAL_ASSERT(got.kind == put.kind && got.delivery == put.delivery && got.session == put.session && got.seq == put.seq);
    }
    for (const auto& entry : fs::directory_iterator(folder())) fs::remove(entry);
    return 0;
}

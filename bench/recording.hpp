#pragma once
// A recording's messages (shoal-sim serve --record), and the bytes that a gateway would make of them. For the benches that run
// without a socket. Not here: serving it (shoal-sim replay).

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// One stream's messages, in order. Ends the program with a sentence if the file is no recording.
[[nodiscard]] std::vector<std::string> read_recording(const char* path);

/// What goes over the wire for each: one zlib stream with a sync flush behind each message, one zstd stream with a flushed block
/// behind each, or the text. `level`: the library's own effort.
[[nodiscard]] std::vector<std::string> compress(const std::vector<std::string>& texts, std::string_view how, int level);

/// CPU time of this process so far, in microseconds.
[[nodiscard]] double cpu_us();
[[nodiscard]] double median(std::vector<double> values);

}  // namespace bench

#pragma once
// Programs under test as real processes: started with an environment of their own, their output collected, ended by their id.
// Not here: what the programs are (discord_process.hpp, bot_process.hpp).

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::system_test {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// A folder that is gone when the test ends.
class temp_folder {
public:
    temp_folder();
    ~temp_folder();
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

private:
    std::string path_;
};

/// Waits until `condition` holds, looking every 10 to 50 ms; false if the deadline passed. This and every other deadline
/// here is for a build without sanitizers; with them programs are several times slower, and so much more time is given.
[[nodiscard]] bool eventually(const std::function<bool()>& condition, clock::duration within = 30s);

/// A program of this build: SHOAL_BIN, which ctest sets, or beside the test itself.
[[nodiscard]] std::string program_path(std::string_view name);
[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text, int mode = 0600);

/// Whether the programs of this build carry a sanitizer, whose own memory says nothing about theirs.
[[nodiscard]] bool is_sanitized() noexcept;
/// The first line of what a sanitizer reported in a program's output; empty: it reported nothing.
[[nodiscard]] std::string sanitizer_report(std::string_view output);

/// The given command with a limit of `blocks` of 512 bytes on every file that it writes: a full disk that needs no mount.
[[nodiscard]] std::vector<std::string> with_small_files(std::vector<std::string> command, unsigned blocks);

struct exit_status {
    int code = -1;   ///< Of exit(); -1 if a signal ended it.
    int signal = 0;  ///< That ended it.
};

class process {
public:
    /// Starts at once. The environment is PATH, HOME and what is given: nothing of the test's own leaks in.
    process(std::vector<std::string> command, std::map<std::string, std::string> environment = {});
    /// Kills it if it still runs. Fails the test if a sanitizer reported something, also when the test did not look at how it
    /// ended.
    ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    [[nodiscard]] pid_t pid() const noexcept;
    void send(int signal) const;
    /// Of its memory, what is in RAM now, and the most that ever was since forget_peak(); bytes.
    [[nodiscard]] std::size_t resident() const;
    [[nodiscard]] std::size_t peak_resident() const;
    void forget_peak() const;
    /// The status, or nothing if it still runs after that time.
    [[nodiscard]] std::optional<exit_status> wait(clock::duration within = 30s);
    /// Everything written so far to stdout and stderr.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;
    /// Waits for a text on stderr; false if the deadline passed or the program ended without it.
    [[nodiscard]] bool says(std::string_view text, clock::duration within = 30s) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace shoal::system_test

#include "system/support/process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

namespace shoal::system_test {

namespace {
#ifdef SHOAL_SANITIZED
constexpr bool sanitized = true;
constexpr int patience = 4;
#else
constexpr bool sanitized = false;
constexpr int patience = 1;
#endif
}  // namespace

temp_folder::temp_folder() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base == nullptr ? "/tmp" : base) + "/shoal-system-XXXXXX";
    REQUIRE(mkdtemp(path_.data()) != nullptr);
}

temp_folder::~temp_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

bool eventually(const std::function<bool()>& condition, clock::duration within) {
    const auto start = clock::now();
    const auto deadline = start + within * patience;
    for (;;) {
        if (condition()) return true;
        const auto now = clock::now();
        if (now >= deadline) return false;
        // A look may cost much, and others compute beside this test: what has taken a second is noticed a little later.
        std::this_thread::sleep_for(std::clamp<clock::duration>((now - start) / 20, 10ms, 50ms));
    }
}

std::string program_path(std::string_view name) {
    const char* folder = std::getenv("SHOAL_BIN");
    const auto here =
        folder != nullptr ? std::filesystem::path(folder) : std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return (here / name).string();
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
}

void write_file(const std::string& path, std::string_view text, int mode) {
    {
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out << text;
    }
    ::chmod(path.c_str(), static_cast<mode_t>(mode));
}

bool is_sanitized() noexcept { return sanitized; }

std::string sanitizer_report(std::string_view output) {
    auto found = std::string_view::npos;
    for (const std::string_view mark : {"Sanitizer: ", ": runtime error: "}) found = std::min(found, output.find(mark));
    if (found == std::string_view::npos) return {};
    const auto start = output.rfind('\n', found) + 1;  // npos + 1 is the beginning.
    return std::string(output.substr(start, output.find('\n', found) - start));
}

struct process::state {
    pid_t pid = -1;
    int out_end = -1, err_end = -1;
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::string out, err;
    bool out_done = false, err_done = false;
    std::optional<exit_status> status;
    std::thread reader;

    /// Collects both streams until they end: a program whose output nobody reads would stop.
    void read() {
        pollfd ends[2] = {{out_end, POLLIN, 0}, {err_end, POLLIN, 0}};
        while (ends[0].fd >= 0 || ends[1].fd >= 0) {
            if (::poll(ends, 2, -1) < 0) continue;
            for (int i = 0; i < 2; ++i) {
                if (ends[i].fd < 0 || ends[i].revents == 0) continue;
                char block[16384];
                const auto count = ::read(ends[i].fd, block, sizeof block);
                const std::lock_guard lock(mutex);
                if (count > 0) {
                    (i == 0 ? out : err).append(block, static_cast<std::size_t>(count));
                } else if (count == 0 || errno != EINTR) {
                    ends[i].fd = -1;
                    (i == 0 ? out_done : err_done) = true;
                }
                changed.notify_all();
            }
        }
    }
};

process::process(std::vector<std::string> command, std::map<std::string, std::string> environment)
    : state_(std::make_unique<state>()) {
    for (const auto* kept : {"PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
        if (const char* value = std::getenv(kept); value != nullptr) environment.emplace(kept, value);
    }
    std::vector<std::string> settings;
    for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
    std::vector<char*> argv, envp;
    for (auto& part : command) argv.push_back(part.data());
    for (auto& part : settings) envp.push_back(part.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);

    int out[2], err[2];
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // A test that dies takes its programs along.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(126);
        const int nothing = ::open("/dev/null", O_RDONLY);
        ::dup2(nothing, 0);
        ::dup2(out[1], 1);
        ::dup2(err[1], 2);
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(out[1]);
    ::close(err[1]);
    state_->pid = child;
    state_->out_end = out[0];
    state_->err_end = err[0];
    state_->reader = std::thread([inside = state_.get()] { inside->read(); });
}

namespace {
std::size_t bytes_in_status(pid_t pid, std::string_view name) {
    const auto status = read_file("/proc/" + std::to_string(pid) + "/status");
    const auto at = status.find(name);
    REQUIRE(at != std::string::npos);
    return std::strtoull(status.c_str() + at + name.size(), nullptr, 10) * 1024;
}
}  // namespace

std::size_t process::resident() const { return bytes_in_status(pid(), "\nVmRSS:"); }
std::size_t process::peak_resident() const { return bytes_in_status(pid(), "\nVmHWM:"); }
void process::forget_peak() const { write_file("/proc/" + std::to_string(pid()) + "/clear_refs", "5"); }

process::~process() {
    if (sanitized && !wait(0s)) {
        // What leaks is reported at the end of a program that ends in order, so it gets the chance.
        send(SIGTERM);
        (void)wait(10s);
    }
    if (!wait(0s)) {
        send(SIGKILL);
        (void)wait(10s);
    }
    state_->reader.join();
    ::close(state_->out_end);
    ::close(state_->err_end);
    if (const auto report = sanitizer_report(state_->err); !report.empty()) {
        FAIL_CHECK("process ", state_->pid, ": ", state_->err.substr(state_->err.find(report)));
    }
}

pid_t process::pid() const noexcept { return state_->pid; }

void process::send(int signal) const {
    if (!state_->status) ::kill(state_->pid, signal);
}

std::optional<exit_status> process::wait(clock::duration within) {
    const auto reap = [this] {
        if (state_->status) return true;
        int raw = 0;
        if (::waitpid(state_->pid, &raw, WNOHANG) != state_->pid) return false;
        exit_status ended;
        if (WIFEXITED(raw)) ended.code = WEXITSTATUS(raw);
        if (WIFSIGNALED(raw)) ended.signal = WTERMSIG(raw);
        state_->status = ended;
        return true;
    };
    if (!eventually(reap, within)) return std::nullopt;
    // What it wrote last is still in the pipes.
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, 5s, [this] { return state_->out_done && state_->err_done; });
    return state_->status;
}

std::string process::out() const {
    const std::lock_guard lock(state_->mutex);
    return state_->out;
}

std::string process::err() const {
    const std::lock_guard lock(state_->mutex);
    return state_->err;
}

bool process::says(std::string_view text, clock::duration within) const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, within * patience,
                             [&] { return state_->err.find(text) != std::string::npos || state_->err_done; });
    return state_->err.find(text) != std::string::npos;
}

std::vector<std::string> with_small_files(std::vector<std::string> command, unsigned blocks) {
    std::vector<std::string> limited{"/bin/sh", "-c", fmt::format("ulimit -f {} && exec \"$@\"", blocks), "sh"};
    limited.insert(limited.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
    return limited;
}

}  // namespace shoal::system_test

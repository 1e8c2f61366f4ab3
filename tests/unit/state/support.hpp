#pragma once
// A folder that lives as long as a test, and second processes to hold locks in.

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

struct temporary_folder {
    temporary_folder() {
        char name[] = "/tmp/shoal-state-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~temporary_folder() { std::filesystem::remove_all(path); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    std::string path;
};

/// Runs `body` in a child process, which then waits until it is told to end or is killed.
class child_process {
public:
    /// Returns once `body` has run in the child; its return value is `answer()`.
    explicit child_process(const std::function<int()>& body) {
        int ready[2], go[2];
        REQUIRE(::pipe(ready) == 0);
        REQUIRE(::pipe(go) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::close(go[1]);
            const char answer = static_cast<char>(body());
            (void)!::write(ready[1], &answer, 1);
            char wait = 0;
            (void)!::read(go[0], &wait, 1);
            ::_exit(0);
        }
        ::close(ready[1]);
        ::close(go[0]);
        go_ = go[1];
        char answer = 0;
        REQUIRE(::read(ready[0], &answer, 1) == 1);
        answer_ = answer;
        ::close(ready[0]);
    }
    ~child_process() { end(false); }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    void end(bool by_kill) {
        if (pid_ <= 0) return;
        if (by_kill) ::kill(pid_, SIGKILL);
        ::close(go_);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] int answer() const { return answer_; }

private:
    pid_t pid_ = -1;
    int go_ = -1;
    int answer_ = 0;
};

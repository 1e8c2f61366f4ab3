#pragma once
// What only a main does to its process: SIGINT and SIGTERM (the first asks for an orderly stop, the second ends the process at
// once), and the bound on open files. Not here: what stopping means. Nothing else in the library touches either.

namespace shoal::roles {

/// As many open files and sockets as the system allows this process: a coordinator has one a worker, and what most systems give
/// a process unasked is 1,024. For a main only; what it starts inherits it.
void raise_descriptor_limit() noexcept;

/// Takes both signals while it lives (and ignores SIGPIPE and SIGXFSZ: neither a log that nobody reads nor a
/// file that may not grow may end a bot). One at a time.
class stop_signals {
public:
    stop_signals();
    ~stop_signals();
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;

    /// Becomes readable with the first signal.
    [[nodiscard]] int descriptor() const noexcept { return read_end_; }

private:
    int read_end_ = -1;
    int write_end_ = -1;
};

}  // namespace shoal::roles

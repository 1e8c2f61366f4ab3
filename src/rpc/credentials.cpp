#include "rpc/credentials.hpp"

#include <absl/synchronization/mutex.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <future>
#include <mutex>

#include "rpc/grpc_bytes.hpp"
#include "trust/certificate.hpp"

namespace shoal::rpc {
namespace {

constexpr const char* suites_variable = "GRPC_SSL_CIPHER_SUITES";
constexpr std::string_view suites = "ECDHE-RSA-AES128-GCM-SHA256";

// What gRPC has to say for itself goes to stderr, in a form of its own, at the pace of whoever knocks at a port: not unless asked
// for.
void say_nothing(gpr_log_func_args*) {}

const bool prepared = [] {
    ::setenv(suites_variable, suites.data(), 1);
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function(&say_nothing);
    // Debian builds abseil with its search for deadlocks in every mutex of gRPC's: 7 % of a coordinator's CPU.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    return true;
}();

// gRPC 1.51 ends its callback threads with the last channel or server, and aborts when that meets the beginning of another
// (tried: one in thirty of this room's tests). So there is always one channel, to nowhere, that has made a call and holds them.
void keep_callback_threads() {
    static const auto* const kept = [] {
        auto* const channel = new std::shared_ptr<grpc::Channel>(grpc::CreateCustomChannel({}, nullptr, {}));
        grpc::GenericStub stub(*channel);
        grpc::ClientContext context;
        const auto request = buffer_of({});
        grpc::ByteBuffer answer;
        std::promise<void> ended;
        stub.UnaryCall(&context, "/", {}, &request, &answer, [&](const grpc::Status&) { ended.set_value(); });
        ended.get_future().wait();
        return channel;
    }();
    (void)kept;
}

}  // namespace

result<void> prepare_grpc() {
    const char* const set = std::getenv(suites_variable);
    if (prepared && set != nullptr && suites == set) {
        keep_callback_threads();
        return {};
    }
    return std::unexpected(
        failure(errc::broken, std::string(suites_variable) + " was changed in this process; it keeps TLS 1.2 out"));
}

struct certificate_source::shared {
    std::mutex mutex;
    trust::node_texts texts;
    std::uint64_t number = 1;
    std::uint64_t handed = 0;  // The number that gRPC has.
};

certificate_source::certificate_source(trust::node_texts texts) : shared_(std::make_shared<shared>()) {
    shared_->texts = std::move(texts);
}
certificate_source::~certificate_source() = default;

void certificate_source::use(trust::node_texts texts) {
    const std::lock_guard lock(shared_->mutex);
    shared_->texts = std::move(texts);
    ++shared_->number;
}

namespace {

// gRPC asks before each handshake.
grpc_ssl_certificate_config_reload_status fetch(void* data, grpc_ssl_server_certificate_config** config) {
    auto& source = *static_cast<certificate_source::shared*>(data);
    const std::lock_guard lock(source.mutex);
    if (source.handed == source.number) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const std::string key(source.texts.key_pem.reveal());
    const grpc_ssl_pem_key_cert_pair pair{key.c_str(), source.texts.certificate_pem.c_str()};
    *config = grpc_ssl_server_certificate_config_create(source.texts.authorities_pem.c_str(), &pair, 1);
    if (*config == nullptr) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
    source.handed = source.number;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

// gRPC's C++ has no way to a server whose certificates change, its C has one.
class fleet_server_credentials final : public grpc::ServerCredentials {
public:
    explicit fleet_server_credentials(std::shared_ptr<certificate_source::shared> source) : source_(std::move(source)) {
        auto* const options = grpc_ssl_server_credentials_create_options_using_config_fetcher(
            GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, &fetch, source_.get());
        credentials_ = grpc_ssl_server_credentials_create_with_options(options);
    }
    ~fleet_server_credentials() override { grpc_server_credentials_release(credentials_); }
    // Rules are asked at each call, where a refusal can be told and counted (server.cpp).
    void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

private:
    int AddPortToServer(const std::string& address, grpc_server* server) override {
        return grpc_server_add_http2_port(server, address.c_str(), credentials_);
    }
    std::shared_ptr<certificate_source::shared> source_;
    grpc_server_credentials* credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const certificate_source& source) {
    return std::make_shared<fleet_server_credentials>(source.inner());
}

std::shared_ptr<grpc::ChannelCredentials> client_credentials(const trust::node_texts& texts) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = texts.authorities_pem;
    options.pem_cert_chain = texts.certificate_pem;
    options.pem_private_key = texts.key_pem.reveal();
    return grpc::SslCredentials(options);
}

std::string plain_address(std::string_view peer) {
    std::string address(peer);
    for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
        if (address.starts_with(scheme)) address.erase(0, scheme.size());
    }
    for (const auto& [escaped, plain] : {std::pair("%5B", "["), std::pair("%5D", "]")}) {
        if (const auto at = address.find(escaped); at != std::string::npos) address.replace(at, 3, plain);
    }
    return address;
}

result<peer_identity> identity_of(const grpc::AuthContext* context, std::string_view peer) {
    const auto no = [](std::string why) { return std::unexpected(failure(errc::untrusted, std::move(why))); };
    if (context == nullptr || !context->IsPeerAuthenticated()) return no("the other side shows no certificate");
    const auto pem = context->FindPropertyValues("x509_pem_cert");
    if (pem.size() != 1) return no("the other side shows no certificate");
    auto facts = trust::read_certificates({pem.front().data(), pem.front().size()}, "the other side's certificate");
    if (!facts) return no(facts.error().detail());
    auto& own = facts->front();
    if (!own.has_strong_key) return no("the certificate of " + own.name + " has no ECDSA key on P-256 or P-384");
    return peer_identity{std::move(own.name), own.roles, plain_address(peer)};
}

}  // namespace shoal::rpc

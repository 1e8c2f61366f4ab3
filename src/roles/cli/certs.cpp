// shoal certs: the authority of a fleet and its nodes' certificates.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "roles/cli/certs_text.hpp"
#include "roles/cli/commands.hpp"
#include "trust/certificate_folder.hpp"

namespace shoal::roles::cli {
namespace {

using trust::certificate_facts;

/// All that the four commands can be told.
struct wishes {
    std::string folder = "certs";
    std::string name;
    std::vector<std::string> names, roles, hosts;
    int days = 0;  // 0: the command's own.
    std::string authority;
    bool json = false;
};

trust::calendar_time now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::chrono::days days_or(const wishes& w, int otherwise) { return std::chrono::days(w.days == 0 ? otherwise : w.days); }

int show(const wishes& w, const std::vector<certificate_facts>& made, const std::string& text) {
    const auto out = w.json ? made_json(made) : text;
    return std::fputs(out.c_str(), stdout) >= 0 && std::fflush(stdout) == 0
               ? 0
               : mistake("stdout cannot be written.", config::exit_code::state_unusable);
}

int init(const wishes& w) {
    auto made = trust::init_folder(w.folder, {.name = w.name, .validity = days_or(w, 3650)}, now());
    if (!made) return mistake(made.error());
    return show(w, {*made},
                fmt::format("Made an authority in {0}: {1}\n"
                            "  {0}/ca.pem  every node trusts it\n"
                            "  {0}/ca.key  signs certificates; it stays here, and whoever has it can join the fleet\n"
                            "Next: shoal certs node NAME --role worker --host ADDRESS\n",
                            w.folder, one_text(*made)));
}

int node(const wishes& w) {
    trust::node_wish wish{.name = w.name, .roles = {}, .hosts = w.hosts, .validity = days_or(w, 365)};
    for (const auto& word : w.roles) {
        const auto role = trust::role_named(word);
        if (!role)
            return mistake(fmt::format("--role: \"{}\" is no role; use coordinator, worker or operator.", word),
                           config::exit_code::bad_setting);
        wish.roles.add(*role);
    }
    // Nobody could dial it: the mistake would show at the first connection, far from here.
    if (wish.hosts.empty() && wish.roles.has(trust::role::coordinator)) {
        return mistake("a coordinator is dialed by its workers: say under which names or addresses, with --host.",
                       config::exit_code::bad_setting);
    }
    auto made = trust::add_node(w.folder, wish, now());
    if (!made) return mistake(made.error());
    return show(w, {*made},
                fmt::format("Made a certificate: {1}\n"
                            "  {0}/{2}/  copy this folder to the node and name it there with --certs\n",
                            w.folder, one_text(*made), w.name));
}

int list(const wishes& w) {
    const auto when = now();
    auto found = trust::list_folder(w.folder, when);
    if (!found) return mistake(found.error());
    fmt::print("{}", w.json ? list_json(*found) : list_text(*found, when));
    return is_good(*found) ? 0 : static_cast<int>(config::exit_code::failed);
}

int rotate(const wishes& w) {
    if (!w.authority.empty() && !w.names.empty()) {
        return mistake("--authority is about all nodes: leave the names out.", config::exit_code::bad_setting);
    }
    if (w.authority == "begin") {
        auto made = trust::begin_authority(w.folder, days_or(w, 3650), now());
        if (!made) return mistake(made.error());
        return show(
            w, {*made},
            fmt::format("Made a new authority in {0}: {1}\n"
                        "  {0}/ca.pem and every node's trust both it and the old one\n"
                        "Next: copy each node's folder to it; when all nodes have it, shoal certs rotate; copy again; then\n"
                        "shoal certs rotate --authority finish\n",
                        w.folder, one_text(*made)));
    }
    if (w.authority == "finish") {
        auto made = trust::finish_authority(w.folder, now());
        if (!made) return mistake(made.error());
        return show(
            w, {*made},
            fmt::format("{0} trusts one authority: {1}\nNext: copy each node's folder to it.\n", w.folder, one_text(*made)));
    }
    if (!w.authority.empty())
        return mistake(fmt::format("--authority: \"{}\" is no step; use begin or finish.", w.authority),
                       config::exit_code::bad_setting);
    auto made =
        trust::rotate_nodes(w.folder, w.names, w.days == 0 ? std::nullopt : std::optional(std::chrono::days(w.days)), now());
    if (!made) return mistake(made.error());
    std::string text = made->empty() ? fmt::format("There is no node in {}.\n", w.folder) : std::string();
    for (const auto& one : *made) text += fmt::format("Made a certificate: {}\n", one_text(one));
    if (!made->empty()) text += "Next: copy each of these folders to its node, which takes it up by itself.\n";
    return show(w, *made, text);
}

}  // namespace

runner add_certs(CLI::App& program) {
    auto* const certs = program.add_subcommand("certs", "Make, list and replace the certificates of a fleet");
    certs->require_subcommand(1);
    certs->footer(
        "A fleet from nothing:\n"
        "  shoal certs init\n"
        "  shoal certs node c1 --role coordinator --host 10.0.0.1\n"
        "  shoal certs node w1 --role worker --host 10.0.0.2\n"
        "  shoal certs node me --role operator\n"
        "docs/certificates.md tells the rest.");
    auto w = std::make_shared<wishes>();
    auto chosen = std::make_shared<int (*)(const wishes&)>(nullptr);
    const auto add = [&](const char* name, const char* what, int (*does)(const wishes&)) {
        auto* const sub = certs->add_subcommand(name, what);
        sub->add_option("--certs", w->folder, "The folder of the authority and its nodes")->capture_default_str();
        sub->add_flag("--json", w->json, "For programs");
        sub->callback([chosen, does] { *chosen = does; });
        return sub;
    };
    const auto add_days = [&](CLI::App* to, const char* what) {
        to->add_option("--days", w->days, what)->check(CLI::Range(1, 36500));
    };
    auto* const init_command = add("init", "Make an authority", &init);
    w->name = "Shoal authority";
    init_command->add_option("--name", w->name, "What the authority is called")->capture_default_str();
    add_days(init_command, "How long it lives (default 3650)");

    auto* const node_command = add("node", "Make a node's certificate", &node);
    node_command->add_option("name", w->name, "The node's name: for a worker, its process id")->required();
    node_command->add_option("--role", w->roles, "coordinator, worker or operator; may be given several times")
        ->allow_extra_args(false)
        ->required();
    node_command
        ->add_option("--host", w->hosts, "A DNS name or IP address under which others reach it; may be given several times")
        ->allow_extra_args(false);
    add_days(node_command, "How long it lives (default 365)");

    add("list", "Show all certificates, and what is wrong with them", &list);

    auto* const rotate_command = add("rotate", "Make new certificates for nodes, or a new authority in steps", &rotate);
    rotate_command->add_option("names", w->names, "The nodes; all if none is named");
    rotate_command->add_option("--authority", w->authority,
                               "begin: a new authority beside the old one; finish: the old one is trusted no more");
    add_days(rotate_command, "How long they live (default: as before; an authority 3650)");
    return [w, chosen] { return (*chosen)(*w); };
}

}  // namespace shoal::roles::cli

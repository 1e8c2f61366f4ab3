#pragma once
// What Discord counts a request by: of any method and path the route's key and its top-level resource, whether it carries the
// token, and whether it may safely be asked twice. The routes that Shoal itself calls stand below by name.
// Not here: bodies and headers.
// Source: https://discord.com/developers/docs/topics/rate-limits

#include <cstdint>
#include <string>
#include <string_view>

#include "rest/errc.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"

namespace shoal::rest {

struct route {
    std::string_view method;  ///< Static storage.
    std::string path;         ///< After the api base: "/channels/1/messages".
    /// Method and path template: "POST /channels/{channel}/messages".
    std::string key;
    /// The top-level resource that Discord counts by [4.6]: a channel, guild, webhook or webhook with token.
    std::string major;
    bool authorized = true;           ///< Sends the bot token [4.14].
    bool counts_globally = true;      ///< False for interaction endpoints [4.9].
    bool harmless_to_repeat = false;  ///< Twice does what once does, also when nobody knows whether the first took effect.
};

/// What is known where a route is made of a path.
struct route_context {
    application_id application =
        {};                    ///< Its webhooks with token are answers to interactions, which are free of the global limit [4.9].
    std::int64_t unix_ms = 0;  ///< Messages are deleted under limits that differ with their age [4.16]; 0: any.
};
/// Any route of Discord's: "/guilds/10/roles?x=1" with or without a query. The key holds no ids, so that there are few keys; the
/// resource that limits are counted by is cut out of the path [4.6]. GET, PUT, PATCH and DELETE are harmless to repeat: twice
/// leaves the same state. POST is not. `body` is looked at for what has limits of its own (a channel's name and topic).
/// Fails with errc::bad_route for a method that is none of GET, POST, PUT, PATCH, DELETE and for a path that is no path: control
/// characters, spaces, a host, `..`, nothing.
[[nodiscard]] result<route> route_of(std::string_view method, std::string path, std::string_view body = {},
                                     const route_context& known = {});

/// Those that Shoal itself calls at a start.
[[nodiscard]] route overwrite_global_commands(application_id application);

}  // namespace shoal::rest

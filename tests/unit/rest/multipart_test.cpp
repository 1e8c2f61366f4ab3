#include "rest/multipart.hpp"

#include <doctest/doctest.h>

using namespace shoal;

TEST_CASE("payload and files stand one behind the other, each with its name, between boundaries") {
    const auto frame = rest::write_multipart(R"({"content":"x"})", {{"a.png", "image/png"}, {"b \"2\".txt\r\nX: y", ""}}, 1, 2);
    const std::string boundary = "shoal-00000000000000010000000000000002";
    CHECK(frame.content_type == "multipart/form-data; boundary=" + boundary);
    REQUIRE(frame.before.size() == 2);
    const auto body = frame.before[0] + "PNG" + frame.before[1] + "TEXT" + frame.end;
    CHECK(body ==
          "--" + boundary +
              "\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n"
              "{\"content\":\"x\"}\r\n--" +
              boundary +
              "\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"a.png\"\r\nContent-Type: "
              "image/png\r\n\r\nPNG\r\n--" +
              boundary +
              "\r\nContent-Disposition: form-data; name=\"files[1]\"; filename=\"b %222%22.txt%0D%0AX: y\"\r\n\r\nTEXT\r\n--" +
              boundary + "--\r\n");
    CHECK(frame.text_bytes() == body.size() - 7);
}

TEST_CASE("without files there is the payload alone") {
    const auto frame = rest::write_multipart("{}", {}, 1, 2);
    CHECK(frame.before.empty());
    CHECK(frame.end.ends_with("{}\r\n--shoal-00000000000000010000000000000002--\r\n"));
}

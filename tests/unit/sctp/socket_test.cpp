// What can be seen on any kernel; tests/kernel/sctp has the rest.
#include "common/sctp/socket.hpp"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace ims;

TEST_CASE("a kernel has SCTP or says what to load", "[RFC6458-4]") {
    const int descriptor = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    if (descriptor >= 0) close(descriptor);
    std::string why;
    CHECK(sctp::available(why) == (descriptor >= 0));
    CHECK(why == (descriptor >= 0 ? "" : "this kernel has no SCTP: load module sctp (modprobe sctp)"));
}

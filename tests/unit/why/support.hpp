#pragma once
#include "common/why/verdict.hpp"

#include <string>

#include <nlohmann/json.hpp>

// Answers of services, made by hand.
namespace ims::why::test {

using Json = nlohmann::ordered_json;

inline std::string message(std::string_view first_line, std::string_view cseq = "1 REGISTER",
                           std::string_view call_id = "c1") {
    return std::string{first_line} +
           "\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: "
           "<sip:a@ims.example>;tag=1\r\nTo: <sip:a@ims.example>\r\nCall-ID: " +
           std::string{call_id} + "\r\nCSeq: " + std::string{cseq} + "\r\nContent-Length: 0\r\n\r\n";
}

struct Told {
    Json json;
    Told(std::string_view service, std::string_view listening) {
        json["service"] = service;
        json["now"] = 100'000'000;
        json["listening"] = {listening};
        json["keys"] = {{"call_id", Json::array()},
                        {"icid", Json::array()},
                        {"impi", Json::array()},
                        {"impu", Json::array()}};
        json["entries"] = Json::array();
    }
    Told& sip(std::int64_t at, std::string_view direction, std::string_view remote, std::string text) {
        json["entries"].push_back({{"at", at},
                                   {"turn", at},
                                   {"kind", "sip"},
                                   {"direction", direction},
                                   {"transport", "UDP"},
                                   {"local", std::string{json["listening"][0]}.substr(4)},
                                   {"remote", remote},
                                   {"text", std::move(text)}});
        return *this;
    }
    Account account() const {
        auto read = read_account(json.dump());
        return read ? std::move(*read) : Account{};
    }
};

}  // namespace ims::why::test

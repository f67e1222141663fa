#pragma once
#include <optional>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace ims::hss {

// What a person should read: the API's problem, or why it could not be asked.
struct CtlError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The provisioning API from the outside.
class CtlClient {
  public:
    CtlClient(std::string url, std::string token);
    // The parsed body (null if there is none); throws CtlError unless the status is 2xx.
    nlohmann::json call(const std::string& method, const std::string& path, const std::string& body = {},
                        const std::string& content_type = "application/json") const;

  private:
    std::string host_, port_, token_;
};

std::string path_escaped(const std::string& segment);

}  // namespace ims::hss

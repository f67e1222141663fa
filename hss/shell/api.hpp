#pragma once
#include "common/runtime/process.hpp"
#include "hss/shell/host.hpp"

#include <memory>

namespace ims::hss {

// The provisioning API (openapi.yaml): HTTP on the loop, work on the provisioning thread, pushes to the host.
class Api {
  public:
    Api(Host& host, runtime::Process& process, ApiSettings settings, const Policy& policy);
    ~Api();
    bool start(std::string& why);

  private:
    void handle(runtime::HttpRequest request, runtime::HttpServer::Reply reply);

    Host& host_;
    runtime::Process& process_;
    ApiSettings settings_;
    std::string realm_;  // of subscribers that name none
    std::unique_ptr<runtime::HttpServer> server_;
};

std::string_view openapi();  // openapi.yaml, embedded

}  // namespace ims::hss

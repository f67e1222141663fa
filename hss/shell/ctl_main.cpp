// hssctl: the provisioning API on the command line.
#include "hss/shell/ctl_options.hpp"

#include <iostream>

using namespace ims::hss;
using namespace ims::hss::ctl;

int main(int argc, char** argv) {
    CLI::App app{"Provisioning of the IMS HSS"};
    Options options;
    app.add_option("--api", options.api, "where hss listens (default http://127.0.0.1:8081)")
        ->envname("HSS_API");
    app.add_option("--token-file", options.token_file, "file with the API's token; or HSS_TOKEN holds it")
        ->envname("HSS_TOKEN_FILE");
    app.add_option("--secrets-token-file", options.secrets_token_file,
                   "file with the token that may see K, OP and OPc; or HSS_SECRETS_TOKEN holds it")
        ->envname("HSS_SECRETS_TOKEN_FILE");
    app.add_flag("--json", options.as_json, "JSON instead of tables");
    app.set_version_flag("--version", std::string{"hssctl "} + IMS_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    add_subscriber_commands(app, options);
    add_bulk_commands(app, options);
    add_shared_commands(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    } catch (const CtlError& e) {
        std::cerr << "hssctl: " << e.what() << "\n";
        return 1;
    }
    return 0;
}

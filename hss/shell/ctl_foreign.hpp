#pragma once
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// Subscribers of other HSSs in the short form of ours.
//
// Open5GS: a document of its collection `subscribers`, as mongoexport writes it.
// PyHSS: the objects of its REST API, /auc, /subscriber and /ims_subscriber, which hang together by IMSI and
// auc_id.
namespace ims::hss::ctl {

struct Foreign {
    std::vector<nlohmann::json> rows;  // short forms
    std::map<std::string, std::size_t>
        ignored;                        // fields without a meaning here, and how often they were there
    std::vector<std::string> warnings;  // what matters and was not taken over as it is
};

// The objects of a text: a list, one a line, one after the other, or {"auc": [...], "subscriber": [...]},
// whose objects then have the key "table". Throws CtlError with where it cannot be read.
std::vector<nlohmann::json> foreign_objects(const std::string& text, const std::string& file);

Foreign from_open5gs(const std::vector<nlohmann::json>& documents);
Foreign from_pyhss(const std::vector<nlohmann::json>& objects);

}  // namespace ims::hss::ctl

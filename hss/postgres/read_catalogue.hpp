#pragma once
#include "hss/core/catalogue.hpp"

namespace pqxx {
class connection_base;
}

namespace ims::hss {

// The whole catalogue in one snapshot. pqxx exceptions pass.
Catalogue read_catalogue(pqxx::connection_base& c);

}  // namespace ims::hss

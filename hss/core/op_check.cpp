#include "hss/core/op_check.hpp"

#include "common/crypto/milenage.hpp"

namespace ims::hss {

bool shows_op_as_opc(const crypto::AkaKeys& mine, const crypto::AkaKeys& other) {
    const auto* my_milenage = std::get_if<crypto::MilenageKeys>(&mine);
    const auto* its_milenage = std::get_if<crypto::MilenageKeys>(&other);
    if (my_milenage != nullptr && its_milenage != nullptr) {
        if (my_milenage->k != its_milenage->k && my_milenage->opc == its_milenage->opc) return true;
        return crypto::milenage_opc(its_milenage->k, my_milenage->opc) == its_milenage->opc;
    }
    const auto* my_tuak = std::get_if<crypto::TuakKeys>(&mine);
    const auto* its_tuak = std::get_if<crypto::TuakKeys>(&other);
    return my_tuak != nullptr && its_tuak != nullptr && my_tuak->k != its_tuak->k &&
           my_tuak->topc == its_tuak->topc;
}

}  // namespace ims::hss

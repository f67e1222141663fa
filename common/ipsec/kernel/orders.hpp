#pragma once
#include "common/base/note.hpp"
#include "common/ipsec/kernel/encapsulation.hpp"
#include "common/ipsec/kernel/kernel.hpp"
#include "common/ipsec/order.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ims::ipsec {

// The shell of a core that orders associations: carries orders out, and says what came of them. At once: the
// kernel waits for no peer.
//
// Notes: ipsec.kernel.ready (info), ipsec.kernel.cannot, ipsec.kernel.refused, ipsec.kernel.cleared
// (warning), each with its reason. Whoever calls encapsulate() notes ipsec.kernel.no_encapsulation.
class Orders {
  public:
    using Tell = std::function<void(Report)>;
    using Remark = std::function<void(Note)>;

    // The ports at each of these addresses are protected from now on. Why not, if the kernel cannot.
    static Result<Orders, std::string> begin(std::vector<IpAddress> own, std::vector<std::uint16_t> ports,
                                             const std::vector<Transform>& wanted, const Remark& remark);

    // Annex M: takes ESP out of the UDP that comes to port 4500 of these addresses. Why not, if it cannot:
    // started() says so then, and all else goes on.
    std::optional<std::string> encapsulate(const std::vector<IpAddress>& at);

    Started started() const { return {missing_, encapsulation_.empty()}; }
    void carry_out(const Order& order, const Tell& tell, const Remark& remark);
    // The ports are anybody's again; associations stay, so that another process can go on with them.
    void end(const Remark& remark);
    // Readable when there are new mappings of NATs to tell.
    int mapping_descriptor() const { return kernel_.mapping_descriptor(); }
    void tell_mappings(const Tell& tell);
    // So that a NAT before us does not forget the way back.
    void keep_alive(const IpAddress& peer) const;
    // What stands, for those who ask.
    std::vector<State> list(const Remark& remark);

  private:
    Orders(Kernel kernel, std::vector<IpAddress> own, std::vector<std::uint16_t> ports)
        : kernel_{std::move(kernel)}, own_{std::move(own)}, ports_{std::move(ports)} {}
    void keep(const Keep& order, const Tell& tell, const Remark& remark);

    Kernel kernel_;
    std::vector<IpAddress> own_;
    std::vector<std::uint16_t> ports_;
    std::vector<Transform> missing_;
    std::vector<EncapsulationPort> encapsulation_;
};

}  // namespace ims::ipsec

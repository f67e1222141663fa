#include "common/ipsec/kernel/orders.hpp"

#include "common/ipsec/agreement.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ims::ipsec {

namespace {

void refused(const Orders::Remark& remark, std::string_view what, const Failure& failure) {
    remark(Note{Severity::Warning, "ipsec.kernel.refused"}
               .with("detail", std::string{what})
               .with("reason", failure.text));
}

}  // namespace

Result<Orders, std::string> Orders::begin(std::vector<IpAddress> own, std::vector<std::uint16_t> ports,
                                          const std::vector<Transform>& wanted, const Remark& remark) {
    auto kernel = Kernel::open();
    if (!kernel) return kernel.error().text;
    Orders orders{std::move(*kernel), std::move(own), std::move(ports)};
    std::vector<Transform> able;
    std::string why;
    for (const auto& ability : orders.kernel_.probe()) {
        const auto& t = ability.transform;
        if (std::find(wanted.begin(), wanted.end(), t) == wanted.end()) continue;
        const bool uses_family = std::any_of(orders.own_.begin(), orders.own_.end(),
                                             [&](const auto& a) { return a.family() == ability.family; });
        if (!uses_family) continue;
        if (!ability.missing) {
            able.push_back(t);
            continue;
        }
        why = ability.missing->text;
        if (std::find(orders.missing_.begin(), orders.missing_.end(), t) == orders.missing_.end())
            orders.missing_.push_back(t);
        remark(Note{Severity::Warning, "ipsec.kernel.cannot"}
                   .with("transform", t.text())
                   .with("reason", ability.missing->text));
    }
    std::erase_if(able, [&](const auto& t) {
        return std::find(orders.missing_.begin(), orders.missing_.end(), t) != orders.missing_.end();
    });
    if (able.empty()) return "this kernel can do none of " + text_of(wanted) + ": " + why;
    for (const auto& address : orders.own_)
        if (const auto failure = orders.kernel_.guard(address, orders.ports_)) return failure->text;
    remark(Note{Severity::Info, "ipsec.kernel.ready"}.with("detail", text_of(able)));
    return orders;
}

std::optional<std::string> Orders::encapsulate(const std::vector<IpAddress>& at) {
    std::vector<EncapsulationPort> ports;
    for (const auto& address : at) {
        auto port = EncapsulationPort::open(address);
        if (!port) return port.error().text;
        ports.push_back(std::move(*port));
    }
    encapsulation_ = std::move(ports);
    return std::nullopt;
}

// Each packet makes one until it is followed: the last is what counts.
void Orders::tell_mappings(const Tell& tell) {
    std::map<std::uint32_t, IpEndpoint> seen;
    for (const auto& mapping : kernel_.mappings()) seen.insert_or_assign(mapping.spi, mapping.seen);
    for (const auto& [spi, at] : seen) tell(Mapped{spi, at});
}

void Orders::keep_alive(const IpAddress& peer) const {
    for (const auto& port : encapsulation_) port.keep_alive(peer);
}

void Orders::carry_out(const Order& order, const Tell& tell, const Remark& remark) {
    std::visit(overloaded{
                   [&](const Install& o) {
                       if (const auto failure = kernel_.install(o))
                           tell(InstallFailed{o.id, failure->text});
                       else
                           tell(Installed{o.id});
                   },
                   [&](const Extend& o) {
                       const auto failure = kernel_.extend(o);
                       if (!failure) return;
                       refused(remark, "lengthening associations", *failure);
                       if (failure->kind == Failure::Kind::NoSuchState) tell(Lost{o.id, failure->text});
                   },
                   [&](const Remove& o) {
                       // What has ended by itself is gone as it should be.
                       if (const auto failure = kernel_.remove(o);
                           failure && failure->kind != Failure::Kind::NoSuchState)
                           refused(remark, "taking associations away", *failure);
                   },
                   [&](const Keep& o) { keep(o, tell, remark); },
               },
               order);
}

void Orders::keep(const Keep& order, const Tell& tell, const Remark& remark) {
    std::vector<SaSet> kept;
    kept.reserve(order.sets.size());
    for (const auto& o : order.sets) kept.push_back(o.set);
    for (const auto& address : own_) {
        const auto cleared = kernel_.clear(address, ports_, kept);
        if (!cleared)
            refused(remark, "clearing what an earlier process left", cleared.error());
        else if (*cleared > 0)
            remark(Note{Severity::Warning, "ipsec.kernel.cleared"}
                       .with("address", address.text())
                       .with("detail", std::to_string(*cleared) + " associations that nobody knows"));
    }
    std::set<std::uint32_t> standing;
    for (const auto& state : list(remark)) standing.insert(state.spi);
    for (const auto& o : order.sets) {
        const auto four = associations(o.set);
        if (!std::all_of(four.begin(), four.end(), [&](const auto& a) { return standing.contains(a.spi); }))
            tell(Lost{o.id, "the kernel does not have it any more"});
    }
}

std::vector<State> Orders::list(const Remark& remark) {
    std::vector<State> all;
    for (const auto& address : own_) {
        auto states = kernel_.list(address);
        if (!states) {
            refused(remark, "listing associations", states.error());
            continue;
        }
        all.insert(all.end(), std::make_move_iterator(states->begin()),
                   std::make_move_iterator(states->end()));
    }
    return all;
}

void Orders::end(const Remark& remark) {
    for (const auto& address : own_)
        if (const auto failure = kernel_.unguard(address, ports_)) refused(remark, "ending", *failure);
}

}  // namespace ims::ipsec

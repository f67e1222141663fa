#include "scscf/core/cx_client.hpp"

#include <utility>

namespace ims::scscf {

void CxClient::run(CxProcedure procedure, Effects& out) {
    auto question = procedure.start();
    go_on(std::move(procedure), std::move(question), out);
}

void CxClient::tell(cx::Request request, std::optional<std::string> destination_host, Effects& out) {
    const cx::RequestId id{++next_};
    told_.emplace(id, cx::name(request));
    out.emplace_back(cx::Send{id, std::move(request), std::move(destination_host)});
}

void CxClient::arrived(cx::RequestId id, CxReply reply, Effects& out) {
    if (const auto told = told_.find(id); told != told_.end()) {
        if (const auto failure = failure_in(reply))
            out.emplace_back(Note{Severity::Warning,
                                  "scscf.cx.not_accepted",
                                  {{"method", std::string{told->second}}, {"reason", failure->reason}}});
        told_.erase(told);
        return;
    }
    auto found = waiting_.extract(id);
    if (found.empty()) return;
    auto question = found.mapped().resume(reply);
    go_on(std::move(found.mapped()), std::move(question), out);
}

void CxClient::go_on(CxProcedure procedure, std::optional<CxQuestion> question, Effects& out) {
    if (!question) return;
    const cx::RequestId id{++next_};
    out.emplace_back(cx::Send{id, std::move(question->request), std::move(question->destination_host)});
    waiting_.emplace(id, std::move(procedure));
}

std::string_view origin_host(const CxReply& reply) {
    const auto* arrived = std::get_if<const cx::AnswerArrived*>(&reply);
    return arrived == nullptr ? std::string_view{} : std::string_view{(*arrived)->origin_host};
}

std::optional<CxFailure> failure_in(const CxReply& reply) {
    if (const auto* failed = std::get_if<const cx::SendFailed*>(&reply))
        return CxFailure{504, "HSS not reached: " + (*failed)->detail};
    const auto& answer = std::get<const cx::AnswerArrived*>(reply)->answer;
    const auto& result = cx::result(answer);
    if (diameter::is_success(result)) return {};
    CxFailure failure{403, std::string{cx::name(answer)} + ": " + diameter::text(result)};
    if (const auto* code = std::get_if<diameter::ResultCode>(&result)) {
        const auto family = static_cast<std::uint32_t>(*code) / 1000;
        if (family == 3 || family == 4 || *code == diameter::ResultCode::UnableToComply) failure.status = 504;
    }
    return failure;
}

}  // namespace ims::scscf

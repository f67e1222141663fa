#include "common/why/markup.hpp"
#include "common/why/verdict.hpp"

#include <nlohmann/json.hpp>

namespace ims::why {

namespace {

using OrderedJson = nlohmann::ordered_json;

std::string_view word(Verdict::Outcome outcome) {
    switch (outcome) {
        case Verdict::Outcome::Fine: return "fine";
        case Verdict::Outcome::Failure: return "failure";
        case Verdict::Outcome::UnderWay: return "under way";
        case Verdict::Outcome::Nothing: return "nothing seen";
    }
    return {};
}

std::string_view word(Entry::Kind kind) {
    switch (kind) {
        case Entry::Kind::Sip: return "sip";
        case Entry::Kind::CxRequest: return "cx_request";
        case Entry::Kind::CxAnswer: return "cx_answer";
        case Entry::Kind::CxFailed: return "cx_failed";
        case Entry::Kind::Note: return "note";
        case Entry::Kind::TransportFailed: return "transport_failed";
        case Entry::Kind::FlowClosed: return "flow_closed";
        case Entry::Kind::DnsQuery: return "dns_query";
        case Entry::Kind::DnsAnswer: return "dns_answer";
    }
    return {};
}

std::string way(const Entry& e) {
    return e.transport + " " + (e.out ? e.local + " -> " + e.remote : e.remote + " -> " + e.local);
}

// An entry in one line, and a SIP message in all of its lines below.
std::string text_of(const Entry& e) {
    auto line = clock_text(e.at) + " " + e.service + " ";
    if (e.kind == Entry::Kind::Sip) {
        line += (e.out ? "sent " : "received ") + way(e) + "\n";
        std::string body;
        for (const char c : e.text)
            if (c != '\r') body += c;
        while (!body.empty() && body.back() == '\n') body.pop_back();
        line += "    ";
        for (const char c : body) {
            line += c;
            if (c == '\n') line += "    ";
        }
        return line + "\n";
    }
    if (e.kind == Entry::Kind::CxRequest || e.kind == Entry::Kind::CxAnswer)
        line += (e.out ? "sent " : "received ") + e.name;
    else if (e.kind == Entry::Kind::Note)
        line += e.name;
    else
        line += std::string{word(e.kind)} + (e.name.empty() ? "" : " " + e.name) +
                (e.remote.empty() ? "" : " " + e.remote);
    for (const auto& [name, value] : e.fields)
        if (name != "kind" && name != "direction" && name != "command" && name != "transport" &&
            name != "local" && name != "remote")
            line += " " + name + "=" + value;
    return line + "\n";
}

OrderedJson json_of(const Entry& e) {
    OrderedJson out;
    out["service"] = e.service;
    out["at"] = e.at;
    out["kind"] = word(e.kind);
    if (e.kind == Entry::Kind::Sip) {
        out["direction"] = e.out ? "out" : "in";
        out["transport"] = e.transport;
        out["local"] = e.local;
        out["remote"] = e.remote;
        out["text"] = e.text;
        return out;
    }
    out["name"] = e.name;
    out["fields"] = OrderedJson::object();
    for (const auto& [name, value] : e.fields) out["fields"][name] = value;
    return out;
}

OrderedJson json_of(const Verdict& v) {
    OrderedJson out;
    out["outcome"] = word(v.outcome);
    out["cause"] = v.cause;
    out["procedure"] = v.title;
    out["at"] = v.at;
    out["sentence"] = v.sentence;
    out["action"] = v.action;
    return out;
}

}  // namespace

std::string text_of(const Answer& answer, const Story& story) {
    const auto& v = answer.verdict;
    std::string out = v.sentence + "\n";
    if (!v.action.empty()) out += "To do: " + v.action + "\n";
    if (!v.cause.empty()) out += "Cause: " + v.cause + (v.title.empty() ? "" : " (" + v.title + ")") + "\n";
    for (const auto& silent : story.silent) out += "Not asked, it does not answer: " + silent + "\n";
    for (const auto& a : story.accounts)
        if (a.left_off != 0)
            out += "The " + a.service + " remembers " + std::to_string(a.left_off) + " earlier entries\n";
    if (!v.ladder.steps.empty()) out += "\n" + v.ladder.text();
    if (!v.evidence.empty()) {
        out += "\nEvidence:\n";
        for (const auto* e : v.evidence) out += text_of(*e);
    }
    if (answer.all.size() > 1) {
        out += "\nAll that is remembered about " + story.key + ":\n";
        for (const auto& one : answer.all)
            out += "  " + clock_text(one.at) + "  " + std::string{word(one.outcome)} + "  " + one.title +
                   (one.cause.empty() ? "" : "  " + one.cause) + "\n";
    }
    return out;
}

std::string json_of(const Answer& answer, const Story& story) {
    auto out = json_of(answer.verdict);
    out["key"] = story.key;
    out["silent"] = story.silent;
    out["evidence"] = OrderedJson::array();
    for (const auto* e : answer.verdict.evidence) out["evidence"].push_back(json_of(*e));
    out["ladder"]["columns"] = answer.verdict.ladder.columns;
    out["ladder"]["steps"] = OrderedJson::array();
    for (const auto& s : answer.verdict.ladder.steps)
        out["ladder"]["steps"].push_back({{"at", s.at},
                                          {"from", answer.verdict.ladder.columns[s.from]},
                                          {"to", answer.verdict.ladder.columns[s.to]},
                                          {"label", s.label},
                                          {"lost", s.lost},
                                          {"evidence", s.evidence}});
    out["all"] = OrderedJson::array();
    for (const auto& one : answer.all) out["all"].push_back(json_of(one));
    return out.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

std::string html_of(const Answer& answer, const Story& story) {
    const auto& v = answer.verdict;
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Why: " + escaped(story.key) +
        "</"
        "title>\n<style>body{font-family:sans-serif;margin:2em;max-width:80em}pre{background:#f4f4f4;padding:"
        ".6em;"
        "overflow:auto}.s{font-size:1.3em}.ladder{overflow:auto;border:1px solid #ccc}td{padding:.1em .8em "
        ".1em 0}</style></head><body>\n";
    out += "<p class=\"s\">" + escaped(v.sentence) + "</p>\n";
    if (!v.action.empty()) out += "<p>" + escaped(v.action) + "</p>\n";
    if (!v.cause.empty())
        out += "<p>Cause: <code>" + escaped(v.cause) + "</code> " + escaped(v.title) + "</p>\n";
    for (const auto& silent : story.silent)
        out += "<p>Not asked, it does not answer: " + escaped(silent) + "</p>\n";
    if (!v.ladder.steps.empty()) out += "<div class=\"ladder\">" + v.ladder.svg() + "</div>\n";
    if (!v.evidence.empty()) {
        out += "<h2>Evidence</h2>\n";
        for (const auto* e : v.evidence) out += "<pre>" + escaped(text_of(*e)) + "</pre>\n";
    }
    out += "<h2>All that is remembered about " + escaped(story.key) + "</h2>\n<table>\n";
    for (const auto& one : answer.all)
        out += "<tr><td>" + clock_text(one.at) + "</td><td>" + std::string{word(one.outcome)} + "</td><td>" +
               escaped(one.title) + "</td><td>" + escaped(one.cause) + "</td></tr>\n";
    out += "</table>\n";
    if (!v.ladder.steps.empty()) {
        out += "<h2>Messages</h2>\n";
        for (const auto& s : v.ladder.steps)
            if (s.entry != nullptr && s.entry->kind == Entry::Kind::Sip)
                out += "<details><summary>" + clock_text(s.at) + " " + escaped(v.ladder.columns[s.from]) +
                       " &rarr; " + escaped(v.ladder.columns[s.to]) + " " + escaped(s.label) +
                       "</summary><pre>" + escaped(s.entry->text) + "</pre></details>\n";
    }
    return out + "</body></html>\n";
}

}  // namespace ims::why

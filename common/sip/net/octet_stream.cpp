#include "common/sip/net/octet_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace ims::sip {

namespace {

using boost::asio::error::would_block;

constexpr std::size_t largest_record = 16384;  // RFC 8446 5.1

int descriptor_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool is_retry(int number) {
    return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

int bio_write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto n = ::send(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (n < 0 && is_retry(errno)) BIO_set_retry_write(bio);
    return static_cast<int>(n);
}

int bio_read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const auto n = ::recv(descriptor_of(bio), into, static_cast<std::size_t>(size), 0);
    if (n < 0 && is_retry(errno)) BIO_set_retry_read(bio);
    if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(n);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return 0;
}

// OpenSSL's own BIO of a socket write()s, which is a SIGPIPE where the peer has gone.
const BIO_METHOD* socket_method() {
    static BIO_METHOD* method = [] {
        auto* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
        BIO_meth_set_write(m, bio_write);
        BIO_meth_set_read(m, bio_read);
        BIO_meth_set_ctrl(m, bio_control);
        return m;
    }();
    return method;
}

}  // namespace

void OctetStream::begin_tls(SslPointer ssl) {
    auto* bio = BIO_new(socket_method());
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket_.native_handle())));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio);
    ssl_ = std::move(ssl);
    greeted_ = broken_ = false;
}

// True if the call succeeded; else `error` says what it wants or why it failed.
bool OctetStream::settle(int result, Error& error) {
    if (result > 0) {
        error = {};
        return true;
    }
    const int number = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            awaits_ = Socket::wait_read;
            error = would_block;
            return false;
        case SSL_ERROR_WANT_WRITE:
            awaits_ = Socket::wait_write;
            error = would_block;
            return false;
        case SSL_ERROR_ZERO_RETURN: error = boost::asio::error::eof; return false;
        case SSL_ERROR_SYSCALL:
            broken_ = true;
            error = number == 0 ? Error{boost::asio::error::eof}
                                : Error{number, boost::asio::error::get_system_category()};
            return false;
        default: break;
    }
    broken_ = true;
    const auto code = ERR_peek_error();
    error = code == 0 ? Error{boost::asio::error::eof}
                      : Error{static_cast<int>(code), boost::asio::error::get_ssl_category()};
    return false;
}

void OctetStream::shake_hands(Error& error) {
    ERR_clear_error();
    errno = 0;
    greeted_ = settle(SSL_do_handshake(ssl_.get()), error);
}

std::size_t OctetStream::read_some(boost::asio::mutable_buffer into, Error& error) {
    if (into.size() == 0) {
        error = {};
        return 0;
    }
    if (!ssl_) {
        const auto n = socket_.read_some(boost::asio::buffer(into), error);
        awaits_ = Socket::wait_read;
        if (error == boost::asio::error::try_again) error = would_block;
        return n;
    }
    ERR_clear_error();
    errno = 0;
    const int size = static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX));
    const int n = SSL_read(ssl_.get(), into.data(), size);
    return settle(n, error) ? static_cast<std::size_t>(n) : 0;
}

std::size_t OctetStream::write_some(std::span<const boost::asio::const_buffer> octets, Error& error) {
    if (!ssl_) {
        const auto n = socket_.write_some(octets, error);
        awaits_ = Socket::wait_write;
        if (error == boost::asio::error::try_again) error = would_block;
        return n;
    }
    error = {};
    if (octets.empty()) return 0;
    // What is small goes together in one record. Where it has to be tried again it is the same and perhaps
    // more, which OpenSSL allows.
    std::array<char, largest_record> joined;
    auto part = octets.front();
    if (octets.size() > 1 && part.size() < joined.size())
        part = {joined.data(), boost::asio::buffer_copy(boost::asio::buffer(joined), octets)};
    if (part.size() == 0) return 0;
    ERR_clear_error();
    errno = 0;
    const int size = static_cast<int>(std::min<std::size_t>(part.size(), INT_MAX));
    const int n = SSL_write(ssl_.get(), part.data(), size);
    return settle(n, error) ? static_cast<std::size_t>(n) : 0;
}

std::string OctetStream::text(const Error& error) const {
    if (error == boost::asio::error::eof) return "closed by the peer";
    if (error.category() != boost::asio::error::get_ssl_category()) return error.message();
    const auto code = static_cast<unsigned long>(static_cast<unsigned int>(error.value()));
    const char* reason = ERR_reason_error_string(code);
    std::string why = "TLS: " + (reason != nullptr ? std::string{reason} : error.message());
    if (greeted_) return why;
    if (const auto trouble = certificate_trouble(ssl_.get()); !trouble.empty()) why += ", " + trouble;
    return why;
}

void OctetStream::end() {
    if (ssl_ && greeted_ && !broken_) SSL_shutdown(ssl_.get());
    ERR_clear_error();
    Error ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void OctetStream::close() {
    if (ssl_ && greeted_ && !broken_ && socket_.is_open()) SSL_shutdown(ssl_.get());
    ERR_clear_error();
    broken_ = true;
    Error ignored;
    socket_.close(ignored);
}

}  // namespace ims::sip

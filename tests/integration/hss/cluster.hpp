#pragma once
#include <string>

namespace ims::hss::test {

// A PostgreSQL 15 cluster of our own: in a temporary folder, on a Unix socket only, as an unprivileged user
// when we are root. One for the test binary; gone with it.
class Cluster {
  public:
    static Cluster& instance();
    ~Cluster();

    std::string fresh_database();  // its connection string
    void start();
    void stop();  // as asked
    void kill();  // as by a crash: nothing is flushed
    // Everything in the database as SQL, as a thief of the disk would read it.
    std::string dump(const std::string& database) const;
    const std::string& folder() const { return folder_; }

  private:
    Cluster();
    void run(const std::string& command) const;
    std::string as_user(const std::string& command) const;

    std::string folder_;
    int databases_ = 0;
};

}  // namespace ims::hss::test

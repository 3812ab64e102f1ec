#include "s3/settings.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>

#include "base/file.hpp"

namespace stretto::s3 {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_file_bytes = 1u << 20;
constexpr std::chrono::seconds look_again{5};

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

fs::path file_of(const char* name, const char* in_home) {
    if (const auto file = variable(name); !file.empty()) return file;
    const auto home = variable("HOME");
    return home.empty() ? fs::path{} : fs::path{home} / in_home;
}

fs::path credentials_file() { return file_of("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"); }
fs::path config_file() { return file_of("AWS_CONFIG_FILE", ".aws/config"); }

Profiles read_profiles(const fs::path& file) {
    std::error_code none;
    if (file.empty() || !fs::exists(file, none)) return {};
    return parse_profiles(as_text(read_file(file, most_file_bytes)));
}

}  // namespace

Settings read_settings() {
    Settings settings;
    auto& who = settings.credentials;
    who = {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
           variable("AWS_SESSION_TOKEN")};
    const bool given = !who.key.empty() && !who.secret.empty();
    const auto wanted = variable("AWS_PROFILE");
    const auto profile = wanted.empty() ? std::string{"default"} : wanted;
    const auto credentials = read_profiles(credentials_file());
    const auto config = read_profiles(config_file());
    const std::map<std::string, std::string> none;
    const auto section = [&](const Profiles& all, const std::string& name) -> const auto& {
        const auto found = all.find(name);
        return found == all.end() ? none : found->second;
    };
    const auto& secrets = section(credentials, profile);
    const auto& own = section(config, profile == "default" ? profile : "profile " + profile);
    if (!given && !wanted.empty() && secrets.empty() && own.empty())
        throw Error{EX_USAGE,
                    text("AWS_PROFILE is '", wanted, "', and there is no such profile in '",
                         credentials_file().string(), "'")};
    const auto of = [&](const char* key) -> std::string {
        for (const auto* from : {&secrets, &own})
            if (const auto found = from->find(key); found != from->end()) return found->second;
        return {};
    };
    if (!given)
        who = {of("aws_access_key_id"), of("aws_secret_access_key"), of("aws_session_token")};
    const auto first_of = [](std::initializer_list<std::string> values) {
        for (const auto& value : values)
            if (!value.empty()) return value;
        return std::string{};
    };
    settings.region = first_of(
        {variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"), of("region"), settings.region});
    settings.endpoint = first_of(
        {variable("AWS_ENDPOINT_URL_S3"), variable("AWS_ENDPOINT_URL"), of("endpoint_url")});
    while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
    if (who.key.empty() || who.secret.empty())
        throw Error{EX_NOPERM,
                    "no credentials for s3://: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                    "write ~/.aws/credentials"};
    return settings;
}

std::string bucket_url(const Location& location, const Settings& settings) {
    if (!settings.endpoint.empty()) return settings.endpoint + "/" + location.bucket;
    const auto host = "s3." + settings.region + ".amazonaws.com";
    return location.bucket.find('.') == std::string::npos
               ? "https://" + location.bucket + "." + host
               : "https://" + host + "/" + location.bucket;
}

namespace {

/// Credentials that another program renews in a file.
class Renewed {
   public:
    explicit Renewed(const Settings& settings)
        : scope_("aws:amz:" + settings.region + ":s3"), last_(settings.credentials), at_(state()) {}

    http::Signature get() {
        const std::lock_guard lock{mutex_};
        const auto now = std::chrono::steady_clock::now();
        if (now - looked_ >= look_again) {
            looked_ = now;
            look();
        }
        return {scope_, last_.key, last_.secret, last_.token};
    }

   private:
    void look() {
        const auto now = state();
        if (now == at_) return;
        try {
            last_ = read_settings().credentials;
            at_ = now;
        } catch (const std::exception&) {  // it is being written: the old ones may still do
        }
    }
    static std::string state() {
        std::string all;
        for (const auto& file : {credentials_file(), config_file()}) {
            std::error_code none;
            const auto time = fs::last_write_time(file, none);
            all += none ? "- " : std::to_string(time.time_since_epoch().count()) + ' ';
        }
        return all;
    }

    std::mutex mutex_;
    std::string scope_;
    Credentials last_;
    std::string at_;
    std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
};

}  // namespace

std::string sign_in(const Location& location) {
    const auto settings = read_settings();
    const auto url = bucket_url(location, settings);
    if (!http::parse_place(url).known)
        throw Error{EX_USAGE, text("'", http::without_userinfo(settings.endpoint),
                                   "' is not an http:// endpoint")};
    const auto renewed = std::make_shared<Renewed>(settings);
    http::sign_requests(url, [renewed] { return renewed->get(); });
    if (location.prefix.empty()) return url;
    return url + "/" + http::percent_encoded(location.prefix, true);
}

}  // namespace stretto::s3

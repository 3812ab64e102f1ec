#pragma once
// Where a bucket is and who we are: s3://bucket/prefix, the AWS environment variables and files.
#include <string>

#include "http/signer.hpp"
#include "s3/location.hpp"

namespace stretto::s3 {

struct Credentials {
    std::string key, secret, token;
};

struct Settings {
    Credentials credentials;
    std::string region = "us-east-1";
    std::string endpoint;  ///< "http://host:port"; empty: Amazon's of the region
};

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else the profile AWS_PROFILE
/// ("default") of AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) and AWS_CONFIG_FILE
/// (~/.aws/config); AWS_REGION or AWS_DEFAULT_REGION; AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
/// An Error (77) without credentials, (64) without that profile.
Settings read_settings();

/// The URL of a bucket: "https://bucket.s3.eu-west-1.amazonaws.com", or "http://host:port/bucket"
/// where an endpoint is set or the bucket's name has a dot.
std::string bucket_url(const Location& location, const Settings& settings);

/// Make all requests below the location's URL signed, with credentials that are read again when a
/// file with them has changed. @return that URL, prefix included: there objects are found by the
/// same paths as at a web server
std::string sign_in(const Location& location);

}  // namespace stretto::s3

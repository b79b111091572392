//! Somebody else: an address on the internet and the tool he uses.

use super::archetype::LogFormat;
use super::draw::{Purpose, below, chance, generator, pick};

/// Where a request comes from that its identity does not make itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stranger {
    /// His address: of documentation, in no zone.
    pub ip: String,
    /// His user agent: one that anybody has.
    pub ua: &'static str,
}

impl Stranger {
    /// The one of an injection; of another source he has another tool, but the same address.
    pub(super) fn draw(source: LogFormat, seed: u64, number: usize) -> Stranger {
        let mut rng = generator(seed, Purpose::Stranger, number as u64, 1);
        let ip = if chance(&mut rng, 0.15) {
            format!("2001:db8:{:x}:{:x}::{:x}", below(&mut rng, 0xffff), below(&mut rng, 0xffff), 1 + below(&mut rng, 0xfffe))
        } else {
            format!("203.0.113.{}", 1 + below(&mut rng, 254))
        };
        Stranger { ip, ua: pick(&mut rng, tools(source)).copied().unwrap_or("curl/8.5.0") }
    }
}

/// What people and programs everywhere call these services with.
fn tools(source: LogFormat) -> &'static [&'static str] {
    match source {
        LogFormat::Cloudtrail => &[
            "aws-cli/2.15.30 Python/3.11.8 Linux/6.5 exe/x86_64",
            "aws-cli/2.17.32 md/awscrt#0.21.2 lang/python#3.11.9",
            "Boto3/1.34.69 md/Botocore#1.34.69 lang/python#3.12.1",
            "Boto3/1.35.40 md/Botocore#1.35.40 lang/python#3.12.6",
            "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.23.1",
            "aws-sdk-java/2.25.11 Linux/6.1 OpenJDK_64-Bit_Server_VM/21.0.2",
        ],
        LogFormat::Gcp => &[
            "google-cloud-sdk gcloud/498.0.0 command/gcloud.auth.list environment/None client-os/LINUX interactive/True from-script/False python/3.11.9 term/xterm-256color (Linux 6.1),gzip(gfe)",
            "google-api-go-client/0.5,gzip(gfe)",
            "gcloud-python/2.18.2 gl-python/3.12.3 grpc/1.66.1 gax/2.20.0 gapic/2.20.2,gzip(gfe)",
        ],
        LogFormat::Kubernetes => {
            &["kubectl/v1.30.2 (linux/amd64) kubernetes/3968350", "curl/8.5.0", "python-requests/2.31.0", "Go-http-client/2.0"]
        }
        LogFormat::Github => {
            &["git/2.43.0", "curl/8.5.0", "python-requests/2.31.0", "octokit-rest.js/20.1.0", "GitHub CLI 2.52.0"]
        }
        LogFormat::Vault => &["Go-http-client/1.1", "curl/8.5.0", "python-requests/2.31.0"],
        LogFormat::Snowflake => &["PYTHON_DRIVER/3.12.0", "SNOWSQL/1.3.1", "JDBC_DRIVER/3.19.0", "GO_DRIVER/1.11.1"],
        LogFormat::Azure | LogFormat::Entra | LogFormat::Graph | LogFormat::M365 => &[
            "python-requests/2.32.3",
            "python-requests/2.31.0",
            "azsdk-net-Identity/1.12.0 (.NET 8.0.8; Linux)",
            "AZURECLI/2.64.0 azsdk-python-azure-mgmt-resource/23.1.1 Python/3.11.8 (Linux-6.5)",
            "curl/8.5.0",
        ],
        LogFormat::Okta | LogFormat::Salesforce | LogFormat::Agent => &[
            "python-requests/2.32.3",
            "python-requests/2.31.0",
            "curl/8.5.0",
            "okta-sdk-golang/5.0.2 golang/go1.23.1 linux/amd64",
        ],
    }
}

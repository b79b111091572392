//! Generated CloudTrail: as wide and as repetitive as a real trail (about 1.6 kB an event, few identities, many request ids), with
//! an exact share of lines that a classifier must tag.
//!
//! A line that must be tagged is a call of a sensitive API by an EC2 instance role. Every other line is an ordinary read by an IAM
//! user with a long-lived key: neither clearly a machine nor a sensitive target. [`SENSITIVE`] is the whole list of the former, so
//! that a plain literal search and a rule program can count the same lines.

use super::others;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::io::{self, Write};

/// What is generated.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Equal seeds give equal bytes.
    pub seed: u64,
    /// Stop at the first line end after this many bytes.
    pub bytes: u64,
    /// How many of 100 lines must be tagged.
    pub percent: u32,
    /// What stands around each event.
    pub envelope: Envelope,
    /// What events there are.
    pub content: Content,
}

/// What events there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Content {
    /// CloudTrail.
    #[default]
    Cloudtrail,
    /// Lines of text of about 110 bytes.
    Syslog,
    /// CloudTrail, Kubernetes, GitHub and lines of text.
    Mixed,
    /// CloudTrail whose parameters are full of what credentials begin with, none of which is one.
    NearMiss,
}

/// What stands around each event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Envelope {
    /// Nothing.
    Bare,
    /// Vector's file source: the event as an escaped string in `message`.
    Vector,
}

/// What was generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Lines in all.
    pub lines: u64,
    /// Lines that must be tagged.
    pub sensitive: u64,
    /// Bytes in all.
    pub bytes: u64,
}

/// Event source and name of the sensitive calls.
pub const SENSITIVE: &[(&str, &str)] = &[
    ("secretsmanager.amazonaws.com", "GetSecretValue"),
    ("iam.amazonaws.com", "CreateAccessKey"),
    ("iam.amazonaws.com", "AttachRolePolicy"),
    ("iam.amazonaws.com", "PutUserPolicy"),
    ("iam.amazonaws.com", "UpdateAssumeRolePolicy"),
    ("iam.amazonaws.com", "CreateLoginProfile"),
    ("kms.amazonaws.com", "ScheduleKeyDeletion"),
    ("cloudtrail.amazonaws.com", "StopLogging"),
    ("guardduty.amazonaws.com", "DeleteDetector"),
    ("ec2.amazonaws.com", "ModifySnapshotAttribute"),
    ("s3.amazonaws.com", "PutBucketPolicy"),
    ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2"),
    ("ssm.amazonaws.com", "SendCommand"),
    ("rds.amazonaws.com", "ModifyDBSnapshotAttribute"),
];

/// Reads that no catalogue row names: not even as reconnaissance.
const PLAIN: &[(&str, &str)] = &[
    ("monitoring.amazonaws.com", "GetMetricData"),
    ("elasticloadbalancing.amazonaws.com", "DescribeTargetHealth"),
    ("autoscaling.amazonaws.com", "DescribeScalingActivities"),
    ("cloudfront.amazonaws.com", "ListDistributions"),
    ("tagging.amazonaws.com", "GetResources"),
];

const ACCOUNT: &str = "123456789012";
const REGIONS: &[&str] = &["us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2"];
const TEAMS: &[&str] = &["orders", "search", "checkout", "catalogue", "ingest", "media", "reports", "mail"];

/// Writes the corpus.
pub fn write(spec: Spec, out: &mut impl Write) -> io::Result<Written> {
    let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
    let mut written = Written { lines: 0, sensitive: 0, bytes: 0 };
    let mut event = String::with_capacity(4096);
    let mut line = String::with_capacity(8192);
    while written.bytes < spec.bytes {
        // Exact over every hundred lines, spread over them by a stride that is prime to 100.
        let sensitive = (written.lines * 37 % 100) < u64::from(spec.percent);
        event.clear();
        let failed = |_| io::Error::other("failed to compose a line");
        match spec.content {
            Content::Syslog => others::syslog(&mut rng, written.lines, sensitive, &mut event).map_err(failed)?,
            Content::Mixed if !written.lines.is_multiple_of(4) => {
                let n = written.lines;
                others::mixed(&mut rng, n, n / 4, sensitive, &mut event).map_err(failed)?;
            }
            content => {
                compose(&mut rng, written.lines, sensitive, &mut event);
                if content == Content::NearMiss {
                    let flood = others::near_misses(&mut rng);
                    event = event.replacen("\"nextPage\":\"", &format!("\"nextPage\":\"{flood}"), 1);
                }
            }
        }
        line.clear();
        match spec.envelope {
            Envelope::Bare => line.push_str(&event),
            Envelope::Vector => {
                line.push_str(r#"{"file":"/var/log/cloudtrail/trail.ndjson","host":"collector-1","message":"#);
                line.push_str(&serde_json::to_string(&event)?);
                line.push_str(r#","source_type":"file","timestamp":"2026-11-23T18:44:41.000Z"}"#);
            }
        }
        line.push('\n');
        out.write_all(line.as_bytes())?;
        written.lines += 1;
        written.sensitive += u64::from(sensitive);
        written.bytes += line.len() as u64;
    }
    Ok(written)
}

fn compose(rng: &mut ChaCha8Rng, n: u64, sensitive: bool, out: &mut String) {
    let pick = |rng: &mut ChaCha8Rng, list: &[&'static str]| list[rng.next_u32() as usize % list.len()];
    let list = if sensitive { SENSITIVE } else { PLAIN };
    let (source, name) = list[rng.next_u32() as usize % list.len()];
    let service = source.split('.').next().unwrap_or(source);
    let (team, region) = (pick(rng, TEAMS), pick(rng, REGIONS));
    let time = format!("2026-11-{:02}T{:02}:{:02}:{:02}Z", 1 + n / 86_400 % 28, n / 3600 % 24, n / 60 % 60, n % 60);
    let identity = if sensitive {
        // A session keeps its key, so one draw decides both: a trail holds few sessions and many calls of each.
        let session = u64::from(rng.next_u32()) % 32;
        let instance = format!("i-0{:016x}", session + 0x00a1_b2c3_d4e5_f600);
        format!(
            r#"{{"type":"AssumedRole","principalId":"AROAEXAMPLE{t}ROLE:{instance}","arn":"arn:aws:sts::{ACCOUNT}:assumed-role/{t}-instance/{instance}","accountId":"{ACCOUNT}","accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE{t}ROLE","arn":"arn:aws:iam::{ACCOUNT}:role/{t}-instance","accountId":"{ACCOUNT}","userName":"{t}-instance"}},"webIdFederationData":{{}},"attributes":{{"creationDate":"2026-11-23T12:00:00Z","mfaAuthenticated":"false"}},"ec2RoleDelivery":"2.0"}}}}"#,
            t = team,
            key = key(session, "ASIA"),
        )
    } else {
        format!(
            r#"{{"type":"IAMUser","principalId":"AIDAEXAMPLE{t}USER","arn":"arn:aws:iam::{ACCOUNT}:user/{t}","accountId":"{ACCOUNT}","accessKeyId":"{key}","userName":"{t}","sessionContext":{{"attributes":{{"creationDate":"2026-11-23T12:00:00Z","mfaAuthenticated":"false"}}}}}}"#,
            t = team,
            key = key(team.len() as u64, "AKIA"),
        )
    };
    let filters: String = (0..6)
        .map(|i| {
            format!(
                r#"{{"name":"tag:component-{i}","valueSet":{{"items":[{{"value":"{team}-{:06}"}}]}}}},"#,
                rng.next_u32() % 1_000_000
            )
        })
        .collect();
    let filters = filters.trim_end_matches(',');
    let address = rng.next_u32();
    let event = format!(
        r#"{{"eventVersion":"1.09","userIdentity":{identity},"eventTime":"{time}","eventSource":"{source}","eventName":"{name}","awsRegion":"{region}","sourceIPAddress":"198.51.100.{ip}","userAgent":"aws-sdk-go-v2/1.30.3 os/linux lang/go#1.23.1 md/GOOS#linux md/GOARCH#arm64 api/{service}#1.58.0","requestParameters":{{"maxResults":{max},"nextPage":"page-{page:08}","filterSet":{{"items":[{filters}]}}}},"responseElements":null,"requestID":"{r1}","eventID":"{r2}","readOnly":{read},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{ACCOUNT}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}}}"#,
        ip = 1 + address % 14,
        max = 50 + address % 50,
        page = address % 100_000_000,
        r1 = uuid(rng),
        r2 = uuid(rng),
        read = !sensitive,
    );
    out.push_str(&event);
}

/// One of 32 key ids.
fn key(n: u64, prefix: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    format!("{prefix}IOSFODNN7EXAMP{}L", LETTERS[n as usize % 32] as char)
}

fn uuid(rng: &mut ChaCha8Rng) -> String {
    let (a, b) = (rng.next_u64(), rng.next_u64());
    format!("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a as u32, a >> 32 & 0xffff, a >> 48 & 0xfff, 0x8000 | (b & 0x3fff), b >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generate(percent: u32, envelope: Envelope) -> (Written, String) {
        let mut out = Vec::new();
        let written =
            write(Spec { seed: 1, bytes: 400_000, percent, envelope, content: Content::Cloudtrail }, &mut out).unwrap();
        (written, String::from_utf8(out).unwrap())
    }

    #[test]
    fn counts_are_exact() {
        for percent in [0, 3, 40, 100] {
            let (written, text) = generate(percent, Envelope::Bare);
            assert_eq!(text.lines().count() as u64, written.lines);
            assert_eq!(text.len() as u64, written.bytes);
            let sensitive = text
                .lines()
                .filter(|l| SENSITIVE.iter().any(|(_, name)| l.contains(&format!(r#""eventName":"{name}""#))))
                .count() as u64;
            assert_eq!(sensitive, written.sensitive);
            let exact = written.lines * u64::from(percent) / 100;
            assert!(sensitive.abs_diff(exact) <= 100, "{sensitive} of {}", written.lines);
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line).unwrap();
            }
        }
    }

    #[test]
    fn other_contents_are_counted_too() {
        for content in [Content::Syslog, Content::Mixed, Content::NearMiss] {
            let mut out = Vec::new();
            let spec = Spec { seed: 1, bytes: 400_000, percent: 3, envelope: Envelope::Bare, content };
            let written = write(spec, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let found = |l: &&str| {
                others::SENSITIVE_TEXTS.iter().any(|t| l.contains(t))
                    || SENSITIVE.iter().any(|(_, name)| l.contains(&format!(r#""eventName":"{name}""#)))
            };
            assert_eq!(text.lines().filter(found).count() as u64, written.sensitive, "{content:?}");
            assert!(written.sensitive > 0 && text.lines().count() as u64 == written.lines);
        }
    }

    #[test]
    fn all_sources_of_a_mixture_go_by_one_clock() {
        let mut out = Vec::new();
        let spec = Spec { seed: 1, bytes: 400_000, percent: 40, envelope: Envelope::Bare, content: Content::Mixed };
        write(spec, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let (mut last, mut sources) = (0, 0);
        for line in text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
            let written = ["eventTime", "requestReceivedTimestamp"].iter().find_map(|key| line[key].as_str());
            let at = written.and_then(vires_event::parse_time).or_else(|| line["@timestamp"].as_i64()).unwrap();
            assert!(last == 0 || (0..=10_000).contains(&(at - last)), "{line}");
            (last, sources) = (at, sources | (1 << u8::from(written.is_none())));
        }
        assert_eq!(sources, 0b11);
    }

    #[test]
    fn seeds_and_envelopes() {
        assert_eq!(generate(3, Envelope::Bare), generate(3, Envelope::Bare));
        let (_, text) = generate(3, Envelope::Vector);
        let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let event: serde_json::Value = serde_json::from_str(line["message"].as_str().unwrap()).unwrap();
        assert_eq!(event["eventVersion"], "1.09");
    }
}

//! Generated lines of other sources than CloudTrail: short text, a mixture of formats, and lines made to be slow.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use std::fmt::{Error, Write};

/// Texts of which one stands in every sensitive line that this module writes, and in no other, for a plain literal search.
pub const SENSITIVE_TEXTS: [&str; 3] =
    ["COMMAND=/usr/bin/cat /etc/shadow", "\"resource\":\"secrets\"", "\"action\":\"repo.destroy\""];

/// The first moment of November 2026 in milliseconds: all sources of a mixture go by one clock.
const NOVEMBER: u64 = 1_793_491_200_000;

/// About 110 bytes of text, as a host writes it: the kernel's, or sudo reading what it should not.
pub(super) fn syslog(rng: &mut ChaCha8Rng, n: u64, sensitive: bool, out: &mut String) -> Result<(), Error> {
    let (time, web, some) = (clock(n), rng.next_u32() % 9, rng.next_u32());
    if sensitive {
        write!(
            out,
            "Nov {:02} {time} web{web} sudo[{}]:   deploy : TTY=unknown ; PWD=/srv/app ; USER=root ; COMMAND=/usr/bin/cat /etc/shadow",
            1 + n / 86_400 % 28,
            1000 + some % 30_000
        )
    } else {
        write!(
            out,
            "Nov {:02} {time} web{web} kernel: [{n}.{:06}] eth0: link becomes ready, queue {} of 64, budget 300 frames",
            1 + n / 86_400 % 28,
            some % 1_000_000,
            some % 64
        )
    }
}

/// A Kubernetes request, a GitHub event or a line of text, at the second `n`: which of them says `kind`.
pub(super) fn mixed(rng: &mut ChaCha8Rng, n: u64, kind: u64, sensitive: bool, out: &mut String) -> Result<(), Error> {
    let (day, time, some) = (1 + n / 86_400 % 28, clock(n), rng.next_u64());
    let teams = ["orders", "search", "checkout", "ingest"];
    let team = teams[some as usize % teams.len()];
    match kind % 3 {
        0 => {
            let (user, resource) = match sensitive {
                true => (format!("system:serviceaccount:{team}:api"), "secrets"),
                false => (format!("jane.{team}@example.com"), "pods"),
            };
            write!(
                out,
                r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{some:016x}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/{team}/{resource}/api","verb":"get","user":{{"username":"{user}","groups":["system:authenticated"]}},"sourceIPs":["192.0.2.{ip}"],"userAgent":"client/1.4 (linux/amd64)","objectRef":{{"resource":"{resource}","namespace":"{team}","name":"api","apiVersion":"v1"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-11-{day:02}T{time}.000000Z","stageTimestamp":"2026-11-{day:02}T{time}.010000Z"}}"#,
                ip = 1 + some % 200,
            )
        }
        1 => {
            let (action, actor) = if sensitive { ("repo.destroy", "deploy-bot[bot]") } else { ("issues.create", "jane-doe") };
            write!(
                out,
                r#"{{"@timestamp":{at},"_document_id":"{some:022x}","action":"{action}","actor":"{actor}","actor_id":{id},"business":"example","created_at":{at},"org":"example-org","org_id":424242,"operation_type":"modify","actor_ip":"192.0.2.{ip}","repo":"example-org/{team}"}}"#,
                at = NOVEMBER + n % (28 * 86_400) * 1000,
                id = 1000 + some % 50,
                ip = 1 + some % 200,
            )
        }
        _ => syslog(rng, n, sensitive, out),
    }
}

/// A parameter full of what credentials begin with, none of which is one.
pub(super) fn near_misses(rng: &mut ChaCha8Rng) -> String {
    const BEGINNINGS: [&str; 12] =
        ["ghp_", "AKIA", "xoxb-", "hvs.", "glpat-", "sk_live_", "npm_", "SG.", "AIza", "dapi", "0Q~", "gho_"];
    (0..60).map(|_| BEGINNINGS[rng.next_u32() as usize % BEGINNINGS.len()]).collect::<Vec<_>>().join("!")
}

fn clock(n: u64) -> String {
    format!("{:02}:{:02}:{:02}", n / 3600 % 24, n / 60 % 60, n % 60)
}

//! What identities are called in the logs of each vendor.

use super::archetype::{LogFormat, Principal};
use super::member::Member;

/// The tenant that every Entra identity of a generated estate belongs to.
pub(super) const TENANT: &str = "00000000-0000-0000-0000-0000000000aa";

impl Member {
    /// Its canonical id.
    pub fn identity(&self) -> String {
        let (account, name) = (&self.account, &self.name);
        match (self.archetype.source, self.archetype.principal) {
            (LogFormat::Cloudtrail, Principal::User) => format!("aws:user/{account}/{name}"),
            (LogFormat::Cloudtrail, _) => format!("aws:role/{account}/{name}"),
            (LogFormat::Kubernetes, _) => format!("k8s:-:{}:{name}", self.stem),
            (LogFormat::Github, _) => format!("github:app:{name}"),
            (LogFormat::Vault, _) => format!("vault:entity:{}", self.entity()),
            (LogFormat::Gcp, _) => format!("gcp:sa:{}", self.email()),
            (LogFormat::Azure | LogFormat::Entra | LogFormat::Graph | LogFormat::M365, _) => {
                format!("entra:app:{}", self.app())
            }
            (LogFormat::Okta, Principal::Token) => format!("okta:token:{}", self.app()),
            (LogFormat::Okta, _) => format!("okta:client:{}", self.app()),
            (LogFormat::Salesforce, _) => format!("salesforce:user:{}", self.user()),
            (LogFormat::Snowflake, _) => format!("snowflake:-:{}", self.user()),
            (LogFormat::Agent, _) => format!("otel_genai:agent:{}", self.app()),
        }
    }

    /// All ids that logs may write for it.
    pub(super) fn principals(&self) -> Vec<String> {
        let mut all = vec![self.identity()];
        if matches!(self.archetype.source, LogFormat::Azure | LogFormat::Entra | LogFormat::Graph | LogFormat::M365) {
            all.push(format!("entra:sp:{}", self.sp()));
        }
        all
    }

    /// The id of its Vault entity.
    pub(super) fn entity(&self) -> String {
        format!("0ab4c1de-{:04x}-4222-8333-{:012x}", self.number & 0xffff, self.number)
    }

    /// Its service account's address at Google.
    pub(super) fn email(&self) -> String {
        format!("{}@{}.iam.gserviceaccount.com", self.name, self.account)
    }

    /// Its name where it signs in like a user: Salesforce, Snowflake.
    pub(super) fn user(&self) -> String {
        match self.archetype.source {
            LogFormat::Snowflake => self.name.to_ascii_uppercase().replace('-', "_"),
            _ => format!("{}@example.com", self.name),
        }
    }

    /// The object id of its service principal.
    pub(super) fn sp(&self) -> String {
        let n = self.mixed(1);
        format!("6{:07x}-7777-4888-9999-{:012x}", n & 0xfff_ffff, n >> 16)
    }

    /// The id of its application: appId at Microsoft, client or token id at Okta, connected app at Salesforce, agent id.
    pub(super) fn app(&self) -> String {
        let n = self.mixed(2);
        match (self.archetype.source, self.archetype.principal) {
            (LogFormat::Okta, Principal::Token) => format!("00T{}EXAMPLE", base36(n, 10)),
            (LogFormat::Okta, _) => format!("0oa{}EXAMPLE", base36(n, 10)),
            (LogFormat::Salesforce, _) => format!("0H4{:012}", n % 1_000_000_000_000),
            (LogFormat::Agent, _) => format!("asst_{}", base36(n, 12)),
            _ => format!("1{:07x}-2222-4333-8444-{:012x}", n & 0xfff_ffff, n >> 16),
        }
    }

    /// Its access key id. Keys of documentation end in EXAMPLE.
    pub(super) fn key(&self) -> String {
        // Base 32 with the letters that key ids use.
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut n = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let middle: String = (0..9)
            .map(|_| {
                n = n.rotate_left(5);
                char::from(LETTERS.get((n & 31) as usize).copied().unwrap_or(b'A'))
            })
            .collect();
        let sort = if self.archetype.principal == Principal::User { "AKIA" } else { "ASIA" };
        format!("{sort}{middle}EXAMPLE")
    }

    /// A number of its own that looks like any other.
    fn mixed(&self, purpose: u64) -> u64 {
        let mut n =
            (self.number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(purpose.wrapping_mul(0xd6e8_feb8_6659_fd93));
        for multiplier in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
            n = (n ^ (n >> 30)).wrapping_mul(multiplier);
        }
        n ^ (n >> 31)
    }
}

/// So many digits of base 36, lower case.
pub(super) fn base36(mut n: u64, digits: usize) -> String {
    (0..digits)
        .map(|_| {
            let digit = char::from_digit((n % 36) as u32, 36).unwrap_or('0');
            n /= 36;
            digit
        })
        .collect()
}

use super::expected::Expected;
use crate::checksum;
use crate::load::{Reader, Record};
use crate::pattern::Pattern;
use crate::table::{At, Column, Row, alias, col};
use crate::word::words;
use regex::Regex;
use vires_event::Source;

words! {
    /// What a credential shape stands for.
    TokenKind, "token kind" {
        /// Whoever reads it can act.
        Secret = "secret",
        /// The public half of a credential.
        KeyId = "key_id",
        /// A harmless id, useful for joining records.
        Identifier = "identifier",
        /// A redaction mark: text that looks like a secret and is none.
        Suppress = "suppress",
    }
}

words! {
    /// Where a shape is looked for.
    Scan, "scan" {
        /// In every text of a record.
        Always = "always",
        /// Only where the literal starts a whole value: the literal alone is too common.
        FieldOnly = "field_only",
        /// Nowhere, unless an overlay says otherwise.
        Off = "off",
    }
}

words! {
    /// The built-in check of a credential's own structure.
    Checksum, "checksum" {
        /// None.
        None = "none",
        /// GitHub's and npm's: the last six characters are the base62 CRC-32 of the thirty before.
        GithubCrc32 = "github_crc32",
        /// AWS key ids: the body is base32 and encodes a plausible 12-digit account.
        AwsAccount = "aws_account",
        /// The part after the last prefix character decodes from base64 to something with the expected beginning.
        Base64Header = "base64_header",
        /// JSON Web Token: the header is base64url JSON with an `alg`.
        JwtHeader = "jwt_header",
        /// Like `jwt_header`, and the claims are a Kubernetes service account's.
        JwtServiceAccount = "jwt_service_account",
        /// Bech32 (age keys).
        Bech32 = "bech32",
    }
}

/// The shape of a credential.
#[derive(Debug, Clone)]
pub struct TokenPattern {
    /// Stable name; `nhi.leaks[]` prints it.
    pub id: String,
    /// What it stands for.
    pub kind: TokenKind,
    /// Every match holds one of these; what a multi-pattern scan looks for.
    pub literals: Vec<String>,
    /// The shape. Group 1 is the credential.
    pub pattern: Pattern,
    /// The check of its own structure.
    pub checksum: Checksum,
    /// Bits per character (Shannon, over the characters of the match without its literal) below which it is a placeholder.
    pub min_entropy: f32,
    /// 1–5.
    pub severity: u8,
    /// What sort of identity it belongs to, in the vendor's words, e.g. `personal_access_token`.
    pub identity: String,
    /// Where it is looked for.
    pub scan: Scan,
    /// Where the shape is normal and no leak.
    pub expected_in: Vec<Expected>,
    /// A remark for readers of the catalogue.
    pub note: String,
    /// Where the row stands.
    pub at: At,
}

/// Longest candidate that is looked at; longer ones are judged by their beginning.
const MAX_CANDIDATE: usize = 4096;

impl TokenPattern {
    /// The compiled shape.
    pub fn regex(&self) -> &Regex {
        self.pattern.regex()
    }

    /// True if a candidate that the shape matched (its group 1) passes the entropy and checksum guards, so that it is not just a
    /// word, a placeholder or an example.
    pub fn verify(&self, candidate: &str) -> bool {
        let mut end = candidate.len().min(MAX_CANDIDATE);
        while !candidate.is_char_boundary(end) {
            end -= 1;
        }
        let candidate = candidate.get(..end).unwrap_or_default();
        let literal = self.literals.iter().filter(|l| candidate.starts_with(l.as_str())).max_by_key(|l| l.len());
        let body = literal.and_then(|l| candidate.get(l.len()..)).filter(|b| !b.is_empty()).unwrap_or(candidate);
        (self.min_entropy == 0.0 || checksum::entropy(body) >= self.min_entropy)
            && checksum::holds(self.checksum, candidate, body)
    }

    /// True if this shape is normal in records of `source` below members of these `names`, the innermost first.
    pub fn is_expected<'n>(&self, source: Source, names: impl IntoIterator<Item = &'n str, IntoIter: Clone>) -> bool {
        let names = names.into_iter();
        self.expected_in.iter().any(|e| e.covers(source, names.clone()))
    }
}

impl Record for TokenPattern {
    const FILE: &'static str = "token_patterns.tsv";
    const COLUMNS: &'static [Column] = &[
        col("id"),
        col("kind"),
        alias("literals", &["prefix_literals"]),
        alias("regex", &["regex_rust"]),
        col("checksum"),
        alias("min_entropy", &["min_entropy_bits_per_char"]),
        col("severity"),
        alias("identity", &["nhi_kind"]),
        col("scan"),
        col("expected_in"),
        col("note"),
        alias("verified_by", &["source"]),
    ];

    fn id(row: &Row<'_, '_>) -> String {
        row.get("id").to_owned()
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let id = cells.required("id");
        let kind = cells.word("kind");
        let literals = cells.required("literals").map(|_| cells.list("literals", ','));
        let regex = cells.required("regex");
        let checksum = match cells.text("checksum") {
            "-" => Some(Checksum::None),
            _ => cells.word_or("checksum", Checksum::None),
        };
        let min_entropy = cells.fraction("min_entropy", 8.0);
        let severity = cells.severity();
        let scan = cells.word_or("scan", Scan::Always);
        let mut expected_in = Vec::new();
        let mut places_fit = true;
        for place in cells.list("expected_in", ';') {
            match Expected::parse(&place) {
                Some(place) => expected_in.push(place),
                None => {
                    cells.refuse(
                        format!("`expected_in` has `{place}`"),
                        "write <source>:<member>, e.g. cloudtrail:accessKeyId; `*` stands for any".to_owned(),
                    );
                    places_fit = false;
                }
            }
        }
        let token = TokenPattern {
            id: id?.to_owned(),
            kind: kind?,
            literals: literals?,
            pattern: Pattern::new(regex?),
            checksum: checksum?,
            min_entropy: min_entropy?,
            severity: severity?,
            identity: cells.text("identity").to_owned(),
            scan: scan?,
            expected_in,
            note: cells.text("note").to_owned(),
            at: cells.row.at.clone(),
        };
        places_fit.then_some(token)
    }

    fn check(&self) -> Result<(), (String, String)> {
        self.pattern.check()?;
        match self.literals.iter().find(|l| l.len() < 3) {
            Some(short) if self.scan == Scan::Always => Err((
                format!("the literal `{short}` is too short to scan for"),
                "give a literal of at least 3 bytes, or set `scan` to field_only".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}

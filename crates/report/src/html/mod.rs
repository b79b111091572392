//! The report on one page: a single file without scripts, that loads nothing from anywhere, reads in light and dark, on a phone and on
//! paper. It holds the gravest of everything; the tables hold all.

mod decisions;
mod findings;
mod identities;
mod lists;
mod parts;
mod timeline;

use crate::access::Reviewed;
use crate::finding::Finding;
use crate::sheet::{DriftRow, ExceptionRow, LeastPrivilegeRow, UnmappedRow};
use maud::{DOCTYPE, PreEscaped, html};
use parts::{clock, text};
use std::collections::BTreeMap;
use std::io::{self, Write};
use vires_event::Millis;

/// Most findings with a card.
const MOST_CARDS: usize = 60;
/// Most findings on the first page.
const MOST_DECISIONS: usize = 12;
/// Most rows of any other list.
const MOST_ROWS: usize = 40;
/// Most identities of one mapping.
const MOST_IDENTITIES: usize = 150;

/// What stands at the head of the page.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The date of the report.
    pub at: Option<Millis>,
    /// Days of records that it rests on.
    pub days: u64,
    /// What was left out, in words.
    pub chosen: Option<String>,
    /// The tuning: its name and SHA-256.
    pub tuning: (String, String),
    /// Version of ATT&CK.
    pub attack: &'static str,
    /// What is odd.
    pub remarks: Vec<String>,
}

/// The page, as it is collected. Bounded: of each list only what will be shown is kept.
#[derive(Debug, Default)]
pub struct Page {
    head: Head,
    verdicts: BTreeMap<String, u64>,
    cards: Best<Finding>,
    identities: BTreeMap<String, (u64, Best<Reviewed>)>,
    unmapped: (u64, Vec<UnmappedRow>),
    issues: BTreeMap<String, (u64, Best<LeastPrivilegeRow>)>,
    drift: (u64, Vec<DriftRow>),
    exceptions: (u64, Vec<ExceptionRow>),
}

/// The greatest of many.
#[derive(Debug)]
struct Best<T> {
    held: Vec<(Rank, T)>,
    /// What is less than this is known not to be among them.
    least: Option<Rank>,
}

/// Greater is graver; then by name, the first first.
type Rank = (u64, std::cmp::Reverse<String>);

impl<T> Default for Best<T> {
    fn default() -> Self {
        Best { held: Vec::new(), least: None }
    }
}

impl<T: Clone> Best<T> {
    fn offer(&mut self, rank: u64, name: &str, item: &T, most: usize) {
        let rank = (rank, std::cmp::Reverse(name.to_owned()));
        if self.least.as_ref().is_some_and(|least| rank < *least) {
            return;
        }
        self.held.push((rank, item.clone()));
        // Twice as many as wanted, then the lesser half goes: that costs little on the average.
        if self.held.len() >= 2 * most {
            self.held.sort_by(|a, b| b.0.cmp(&a.0));
            self.held.truncate(most);
            self.least = self.held.last().map(|(rank, _)| rank.clone());
        }
    }

    fn best(&self, most: usize) -> Vec<&T> {
        let mut held: Vec<&(Rank, T)> = self.held.iter().collect();
        held.sort_by(|a, b| b.0.cmp(&a.0));
        held.into_iter().take(most).map(|(_, item)| item).collect()
    }
}

fn milli(number: f64) -> u64 {
    (number * 1000.0) as u64
}

impl Page {
    /// An empty page.
    pub fn new(head: Head) -> Self {
        Page { head, ..Page::default() }
    }

    /// Takes in a finding.
    pub fn finding(&mut self, finding: &Finding) {
        *self.verdicts.entry(finding.row.verdict.clone()).or_default() += 1;
        let level = match finding.row.verdict.as_str() {
            "page" => 3,
            "escalate" => 2,
            "watch" => 1,
            // Those stand in a list of their own.
            _ => return,
        };
        self.cards.offer(level * 1_000_000 + milli(finding.row.score), &finding.row.finding_id, finding, MOST_CARDS);
    }

    /// Takes in an identity.
    pub fn identity(&mut self, identity: &Reviewed) {
        let (count, best) = self.identities.entry(identity.row.mapping.clone()).or_default();
        *count += 1;
        let rank = milli(identity.row.highest_score.unwrap_or(0.0)) * 1000 + identity.row.escalations.min(999);
        best.offer(rank, &identity.row.identity_id, identity, MOST_IDENTITIES);
    }

    /// Takes in an identity that cannot be judged; the most urgent first.
    pub fn unmapped(&mut self, row: &UnmappedRow) {
        keep(&mut self.unmapped, row);
    }

    /// Takes in something to settle.
    pub fn issue(&mut self, row: &LeastPrivilegeRow) {
        let (count, best) = self.issues.entry(row.issue.clone()).or_default();
        *count += 1;
        best.offer(row.evidence_count, &format!("{} {}", row.identity_id, row.subject), row, MOST_ROWS / 2);
    }

    /// Takes in a habit outside the profile.
    pub fn drift(&mut self, row: &DriftRow) {
        keep(&mut self.drift, row);
    }

    /// Takes in an exception.
    pub fn exception(&mut self, row: &ExceptionRow) {
        keep(&mut self.exceptions, row);
    }

    /// Writes the page.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    meta name="referrer" content="no-referrer";
                    meta name="color-scheme" content="light dark";
                    title { "Review of non-human identities" }
                    style { (PreEscaped(include_str!("style.css"))) }
                }
                body {
                    main {
                        (self.masthead())
                        (decisions::section(self))
                        (identities::section(self))
                        (findings::section(self))
                        (lists::section(self))
                        (self.colophon())
                    }
                }
            }
        };
        out.write_all(page.into_string().as_bytes())
    }

    fn verdict(&self, name: &str) -> u64 {
        self.verdicts.get(name).copied().unwrap_or(0)
    }

    fn masthead(&self) -> maud::Markup {
        let identities: u64 = self.identities.values().map(|(n, _)| n).sum();
        let mapped = self.identities.get("mapped").map_or(0, |(n, _)| *n);
        let share = (100 * mapped).checked_div(identities);
        html! {
            header.top {
                h1 { "Review of non-human identities" }
                p.sub {
                    @if let Some(at) = self.head.at { "As of " (clock(Some(at))) " UTC, " }
                    (crate::access::count(self.head.days, "day")) " of records"
                    @if let Some(chosen) = &self.head.chosen { ". Shown: " (text(chosen, 200)) }
                }
                ul.tiles {
                    (tile("page", self.verdict("page"), "page"))
                    (tile("escalate", self.verdict("escalate"), "escalate"))
                    (tile("unmapped", self.unmapped.0, "cannot be judged"))
                    (tile("watch", self.verdict("watch"), "watch"))
                    (tile("plain", identities, if identities == 1 { "identity" } else { "identities" }))
                    li.tile.plain { b { @match share { Some(share) => { (share) "%" }, None => "–" } } span { "mapped to owner and profile" } }
                }
            }
        }
    }

    fn colophon(&self) -> maud::Markup {
        html! {
            footer {
                h2 { "How to read this" }
                p {
                    "A finding is a case: all that stands against one workload until it falls silent. The score (0 to 100) says how far "
                    "outside its intended authority the workload acted. " b { "page" } ": at once; " b { "escalate" } ": somebody has to "
                    "look; " b { "cannot judge" } ": owner, workload or profile is missing, so nobody can say; " b { "watch" } ": keep an eye on it. "
                    "The tables beside this page hold every row; " code { "vires explain" } " prints the arithmetic of a case."
                }
                p {
                    "Standards: OWASP NHI Top 10 (2025), NIST CSF 2.0, NIST SP 800-53 Rev. 5, MITRE ATT&CK v" (self.head.attack)
                    "; for AI agents NIST AI RMF 1.0 and the OWASP Top 10 for Agentic Applications."
                }
                p.small { "Tuning " (text(&self.head.tuning.0, 60)) ", SHA-256 " code { (text(&self.head.tuning.1, 64)) } }
                @if !self.head.remarks.is_empty() {
                    h3 { "Notes" }
                    ul { @for remark in self.head.remarks.iter().take(MOST_ROWS) { li { (text(remark, 300)) } } }
                }
            }
        }
    }
}

fn tile(class: &str, count: u64, label: &str) -> maud::Markup {
    html! { li class={ "tile " (class) @if count == 0 { " none" } } { b { (count) } span { (label) } } }
}

fn keep<T: Clone>(list: &mut (u64, Vec<T>), row: &T) {
    list.0 += 1;
    if list.1.len() < MOST_ROWS {
        list.1.push(row.clone());
    }
}

#[cfg(test)]
mod tests;

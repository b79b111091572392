//! Reference pages, made from the code and the data files that they describe.

use crate::sheet::SHEETS;
use crate::standards::{crosswalk, standards};
use std::fmt::Write;

/// The tables of a report and their columns, in Markdown.
pub fn columns_page() -> String {
    let mut out = String::from(
        "<!-- Made by `cargo run -p vires-report --example docs`; a test fails when it is stale. -->\n\n\
         # Columns of the reports\n\n\
         `vires report --out DIR` writes each table as `<table>.csv` and as a sheet of `report.xlsx`.\n\n\
         CSV as in RFC 4180 with LF line ends, UTF-8, one heading; rows are sorted by identity, then by time (`unmapped` by urgency). Times are\n\
         RFC 3339 in UTC, lists are joined with `;`, what is unknown is an empty cell. Text that a spreadsheet could take for a formula has a\n\
         leading `'`, also behind a `;`; control characters and marks that reorder text are spaces; no cell is longer than 4,000 characters, and\n\
         a longer text says how much is missing. Credentials are masked. Columns are only ever appended before `schema_version`.\n",
    );
    for sheet in SHEETS {
        let _ = write!(out, "\n## {}\n\n{}\n\n| column | type | what |\n|---|---|---|\n", sheet.name, sheet.about.trim());
        for heading in sheet.headings {
            let _ = writeln!(out, "| `{}` | {} | {} |", heading.name, heading.kind, heading.about.trim());
        }
    }
    out.push_str(CRITERIA);
    out
}

const CRITERIA: &str = "\n## criteria\n\n`criteria.csv` is written by `harness ablate`: what each criterion is worth, measured on the scenarios.\n";

/// What is often written of the standards, and what they say.
const MISTAKES: &[(&str, &str)] = &[
    (
        "`NHI-03`, `NHI03`",
        "The ids are `NHI1:2025` to `NHI10:2025`. NHI3:2025 is *Vulnerable Third-Party NHI*: right only where the identity, or the receiver of what it sends, is a third party. Over-privilege is NHI5:2025, a credential that several use NHI9:2025.",
    ),
    (
        "`DE.CM-7` as CSF 2.0",
        "DE.CM-7 is an id of CSF 1.1. In 2.0 DE.CM-07 is withdrawn: incorporated into DE.CM-01, -03, -06 and -09.",
    ),
    (
        "A detection tagged with DE.CM alone",
        "Monitoring is DE.CM. That a case is declared by criteria is DE.AE-08; that it is analysed is DE.AE-02. Findings that escalate carry both.",
    ),
    (
        "AC-2(12) for every finding of an access review",
        "AC-2(12) is about atypical *use*. An account that nobody uses is AC-2(3), a shared one AC-2(9), a privilege that nobody needs AC-6(7).",
    ),
    (
        "`T1562.008` with ATT&CK v19",
        "Version 19 moved *Impair Defenses*: T1562 became T1685 and T1686, T1562.008 became T1685.002. `--attack-version 19` prints the new ids; the default is 18.",
    ),
    (
        "AI RMF on service accounts",
        "MEASURE 2.4 is about AI systems in production: it is printed for workloads declared `agentic` and for AI agents, and for nothing else.",
    ),
    (
        "ASI01 to ASI10 by names from secondary sites",
        "Sites differ on several names of the OWASP Top 10 for Agentic Applications. Printed are only those on which the sites that were read agree and that a log can show: ASI02 and ASI03. ASI01 (goal hijack) and ASI10 (rogue agents) are about intent, which no audit log holds.",
    ),
    (
        "NHI6:2025 on a log finding",
        "NHI6 is about how pipelines and clouds are configured. No audit event shows that, so it is never printed.",
    ),
];

/// What in a report answers to which entry of which standard, in Markdown.
pub fn standards_page() -> String {
    let mut out = String::from(
        "<!-- Made by `cargo run -p vires-report --example docs`; a test fails when it is stale. -->\n\n\
         # Standards\n\n\
         Each finding and each row of `least_privilege` carries the entries of the standards that it answers to. Which ones is a data file,\n\
         [crosswalk.tsv](../crates/report/data/crosswalk.tsv) (`vires-crosswalk/1`); their titles stand in\n\
         [standards.tsv](../crates/report/data/standards.tsv). This page is made from both.\n\n\
         ## Often written, and wrong\n\n| often written | what the standard says |\n|---|---|\n",
    );
    for (wrong, right) in MISTAKES {
        let _ = writeln!(out, "| {wrong} | {right} |");
    }
    for (scheme, title) in [
        ("owasp", "OWASP Non-Human Identities Top 10, 2025"),
        ("csf", "NIST Cybersecurity Framework 2.0"),
        ("sp800-53", "NIST SP 800-53 Rev. 5"),
        ("ai-rmf", "NIST AI Risk Management Framework 1.0 (AI agents only)"),
        ("asi", "OWASP Top 10 for Agentic Applications (AI agents only)"),
    ] {
        let _ = write!(out, "\n## {title}\n\n| id | title | printed for |\n|---|---|---|\n");
        for standard in standards().iter().filter(|s| s.scheme == scheme) {
            let links = crosswalk().iter().filter(|l| (l.scheme, l.id) == (standard.scheme, standard.id));
            let subjects: Vec<String> = links.map(|l| format!("`{}`", l.subject)).collect();
            let subjects = if subjects.is_empty() { "never: no audit event shows it".to_owned() } else { subjects.join(", ") };
            let _ = writeln!(out, "| {} | {} | {subjects} |", standard.id, standard.name);
        }
    }
    out.push_str(
        "\n## MITRE ATT&CK\n\nTechniques come from the catalogue of sensitive actions, in the ids of version 18. Ids that changed stand in\n\
         [attack_v18_to_v19.tsv](../crates/catalog/data/attack_v18_to_v19.tsv).\n",
    );
    out
}

use super::*;
use crate::sheet::{EvidenceRow, FindingRow, IdentityRow, Time};
use crate::standards::Tags;

fn finding(id: &str, verdict: &str, score: f64, text: &str) -> Finding {
    Finding {
        row: FindingRow {
            finding_id: id.into(),
            verdict: verdict.into(),
            score,
            identity_id: text.into(),
            criterion: text.into(),
            observed: text.into(),
            expected: text.into(),
            owner: text.into(),
            action: text.into(),
            target: text.into(),
            user_agent: text.into(),
            origin_ip: text.into(),
            event_ref: vec![text.into()],
            owasp_nhi: vec![text.into()],
            ..FindingRow::default()
        },
        evidence: vec![EvidenceRow {
            criterion: text.into(),
            expected: text.into(),
            observed: text.into(),
            boundary: "data".into(),
            time: Time(Some(0)),
            last_seen: Time(Some(3_600_000)),
            excused_by: text.into(),
            ..EvidenceRow::default()
        }],
        workload: text.into(),
        purpose: text.into(),
        contact: text.into(),
        rule: text.into(),
        missing: vec![],
        urgency: None,
        opened: Time(None),
        tags: Tags::default(),
    }
}

fn written(page: &Page) -> String {
    let mut out = Vec::new();
    page.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn hostile_text_stays_text() {
    let nasty = "<script>alert(1)</script>\"' onload=x \u{202e}\u{1b}[31m=cmd()";
    let mut page =
        Page::new(Head { at: Some(86_400_000), chosen: Some(nasty.into()), remarks: vec![nasty.into()], ..Head::default() });
    page.finding(&finding("case-1", "page", 90.0, nasty));
    page.identity(&Reviewed {
        row: IdentityRow {
            identity_id: nasty.into(),
            mapping: "mapped".into(),
            owner: nasty.into(),
            recommendation: nasty.into(),
            ..IdentityRow::default()
        },
        days: vec![(0, 3), (1, 9)],
    });
    page.unmapped(&UnmappedRow { identity_id: nasty.into(), suggested_owner: nasty.into(), ..UnmappedRow::default() });
    page.issue(&LeastPrivilegeRow {
        issue: "dormant".into(),
        subject: nasty.into(),
        evidence: nasty.into(),
        ..LeastPrivilegeRow::default()
    });
    page.drift(&DriftRow { observed: nasty.into(), declared: vec![nasty.into()], ..DriftRow::default() });
    page.exception(&ExceptionRow {
        exception_id: nasty.into(),
        values: vec![nasty.into()],
        status: "expired".into(),
        ..ExceptionRow::default()
    });
    let html = written(&page);
    assert!(!html.contains("<script") && !html.contains("<img") && html.contains("&lt;script&gt;"), "markup is escaped");
    assert!(!html.contains('\u{202e}') && !html.contains('\u{1b}'));
    // Nothing is loaded from anywhere.
    for outside in ["http://", "https://", "url(", "src="] {
        assert!(!html.replace("http-equiv", "").contains(outside), "{outside}");
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn a_million_findings_are_one_page() {
    let mut page = Page::new(Head::default());
    let one = finding("", "escalate", 60.0, "x");
    for n in 0..20_000u32 {
        let mut next = one.clone();
        next.row.finding_id = format!("case-{n:05}");
        next.row.score = f64::from(n % 1000) / 10.0;
        page.finding(&next);
    }
    assert!(page.cards.held.len() <= 2 * MOST_CARDS);
    let html = written(&page);
    assert!(html.contains("case-00999") && html.contains("case-19999") && !html.contains("case-00001"), "the gravest");
    assert!(html.contains("and 19940 more: see"), "the rest is not passed over in silence");
    assert!(html.len() < 400_000);
}

#[test]
fn an_empty_estate_is_said_to_be_calm() {
    let html = written(&Page::new(Head::default()));
    assert!(html.contains("No case was escalated."));
}

#[test]
fn huge_text_is_cut() {
    let mut page = Page::new(Head::default());
    page.finding(&finding("case-1", "page", 90.0, &"A".repeat(1 << 20)));
    assert!(written(&page).len() < 100_000);
}

//! Approved deviations, and what became of them.

use super::{DAY, count};
use crate::sheet::{ExceptionRow, Time};
use std::collections::BTreeMap;
use vires_event::Millis;
use vires_profile::Exceptions;
use vires_profile::exceptions::{Exception, ExceptionStatus};

/// How often each exception excused something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses(BTreeMap<String, (u64, Option<Millis>)>);

impl Uses {
    /// One more record.
    pub fn add(&mut self, exception: &str, records: u64, at: Millis) {
        let known = self.0.entry(exception.to_owned()).or_default();
        known.0 = known.0.saturating_add(records);
        known.1 = known.1.max(Some(at));
    }

    fn of(&self, exception: &str) -> (u64, Option<Millis>) {
        self.0.get(exception).copied().unwrap_or_default()
    }
}

/// The rows, by whom they concern, then by time. Without a date no status is known.
pub fn exception_rows(exceptions: &Exceptions, uses: &Uses, at: Option<Millis>) -> Vec<ExceptionRow> {
    let mut rows: Vec<ExceptionRow> = exceptions.iter().map(|exception| row(exception, uses, at)).collect();
    rows.sort_by(|a, b| {
        (&a.identities, a.from, a.until, &a.exception_id).cmp(&(&b.identities, b.from, b.until, &b.exception_id))
    });
    rows
}

fn row(exception: &Exception, uses: &Uses, at: Option<Millis>) -> ExceptionRow {
    let (used, last_used) = uses.of(&exception.id);
    let status = at.map(|at| exception.status(at, used));
    ExceptionRow {
        exception_id: exception.id.clone(),
        identities: exception.identities.clone(),
        facet: exception.facet.map_or("", |f| f.as_str()).into(),
        values: exception.values.iter().flat_map(|v| v.iter()).map(|glob| glob.as_str().to_owned()).collect(),
        from: Time(exception.from),
        until: Time(Some(exception.until)),
        approver: exception.approver.clone(),
        ticket: exception.ticket.clone().unwrap_or_default(),
        kind: exception.kind.as_str().into(),
        status: status.map_or("", |s| s.as_str()).into(),
        uses: used,
        last_used: Time(last_used),
        recommendation: match (status, at) {
            (Some(ExceptionStatus::Expired), _) if used == 0 => "remove it: it has run out and was never needed".into(),
            (Some(ExceptionStatus::Expired), _) => {
                "remove it: it has run out; what is still needed belongs into the profile".into()
            }
            (Some(ExceptionStatus::OverBroad), _) => "narrow it: name identities, facet and values".into(),
            (Some(ExceptionStatus::Unused), _) => "remove it unless the change is still to come".into(),
            (Some(ExceptionStatus::Expiring), Some(at)) => {
                let left = u64::try_from((exception.until - at + DAY - 1) / DAY).unwrap_or(0);
                format!("ends within {}: let it end, or have it approved anew", count(left, "day"))
            }
            _ => String::new(),
        },
    }
}

// No column has a name that SQL reserves (`case`, `time`, `update`): queries need no quotes.
use super::{Cell, Kind, Sheet};
use vires_event::{Millis, parse_time};
use vires_judge::CaseUpdate;

fn moment(text: Option<&str>) -> Cell<'static> {
    text.and_then(parse_time).map_or(Cell::Absent, |at: Millis| Cell::Moment(at))
}

/// One row per record of a case: the last of each case is where it stands.
pub fn cases(records: &[CaseUpdate]) -> Sheet<'_> {
    let rows = records.iter().zip(1i64..).map(|(case, number)| {
        vec![
            Cell::Whole(number),
            Cell::text(&case.case),
            moment(Some(&case.time)),
            Cell::text(case.update.as_str()),
            Cell::text(case.verdict.as_str()),
            Cell::Number(case.score),
            Cell::text(&case.workload),
            Cell::text(&case.identity),
            Cell::may(case.owner.as_deref()),
            Cell::text(case.mapping.as_str()),
            Cell::Flag(case.privileged),
            case.urgency.map_or(Cell::Absent, Cell::Number),
            Cell::list(case.boundaries.iter().map(|b| b.as_str())),
            Cell::list(case.breaks.iter().map(|b| b.as_str())),
            Cell::may(case.reasons.first().map(String::as_str)),
            Cell::list(case.standards.iter().map(String::as_str)),
            moment(case.opened.as_deref()),
            Cell::may(case.reopens.as_deref()),
            Cell::text(&case.tuning_sha256),
        ]
    });
    Sheet {
        name: "cases",
        columns: &[
            ("record", Kind::Whole),
            ("case_id", Kind::Text),
            ("told_at", Kind::Moment),
            ("why", Kind::Text),
            ("verdict", Kind::Text),
            ("score", Kind::Number),
            ("workload", Kind::Text),
            ("identity", Kind::Text),
            ("owner", Kind::Text),
            ("mapping", Kind::Text),
            ("privileged", Kind::Flag),
            ("urgency", Kind::Number),
            ("boundaries", Kind::Text),
            ("breaks", Kind::Text),
            ("reason", Kind::Text),
            ("standards", Kind::Text),
            ("opened", Kind::Moment),
            ("reopens", Kind::Text),
            ("tuning_sha256", Kind::Text),
        ],
        rows: Box::new(rows),
    }
}

/// One row per record of a case and piece of evidence in it.
pub fn evidence(records: &[CaseUpdate]) -> Sheet<'_> {
    let rows = records.iter().zip(1i64..).flat_map(|(case, number)| {
        case.evidence.iter().map(move |line| {
            vec![
                Cell::Whole(number),
                Cell::text(&case.case),
                moment(Some(&case.time)),
                Cell::text(&case.workload),
                Cell::text(line.code.as_str()),
                Cell::text(&line.criterion),
                Cell::may(line.boundary.map(|b| b.as_str())),
                Cell::text(line.breaks.as_str()),
                Cell::text(&line.facet),
                Cell::text(&line.value),
                Cell::Number(line.x),
                Cell::text(&line.expected),
                Cell::text(&line.observed),
                Cell::text(&line.action),
                Cell::may(Some(&*line.target).filter(|target| !target.is_empty())),
                Cell::whole(line.tier),
                line.data_class.map_or(Cell::Absent, Cell::whole),
                Cell::Moment(line.first),
                Cell::Moment(line.last),
                Cell::whole(line.count),
                Cell::Flag(line.unknown_network),
                Cell::may(line.excused_by.as_deref()),
            ]
        })
    });
    Sheet {
        name: "evidence",
        columns: &[
            ("record", Kind::Whole),
            ("case_id", Kind::Text),
            ("told_at", Kind::Moment),
            ("workload", Kind::Text),
            ("code", Kind::Text),
            ("criterion", Kind::Text),
            ("boundary", Kind::Text),
            ("breaks", Kind::Text),
            ("facet", Kind::Text),
            ("value", Kind::Text),
            ("x", Kind::Number),
            ("expected", Kind::Text),
            ("observed", Kind::Text),
            ("action", Kind::Text),
            ("target", Kind::Text),
            ("tier", Kind::Whole),
            ("data_class", Kind::Whole),
            ("first_seen", Kind::Moment),
            ("last_seen", Kind::Moment),
            ("events", Kind::Whole),
            ("unknown_network", Kind::Flag),
            ("excused_by", Kind::Text),
        ],
        rows: Box::new(rows),
    }
}

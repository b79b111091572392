use super::{Cell, Kind, Sheet};
use vires_profile::baseline::{Baseline, Day, Facet, Learned};
use vires_profile::summary::LearnedFacets;

fn day(day: Option<Day>) -> Cell<'static> {
    day.map_or(Cell::Absent, |day| Cell::Day(day.into()))
}

/// What each workload was seen to do: one row per workload, facet and value.
pub fn habits(baseline: &Baseline) -> Sheet<'_> {
    let rows = baseline.sorted().flat_map(|(name, learned)| {
        // Pairs are derived from the other facets.
        learned.values().iter().filter(|value| value.facet() != Facet::Pair).map(move |value| {
            vec![
                Cell::text(name),
                Cell::may(group(learned)),
                Cell::text(value.facet().name()),
                Cell::text(value.name()),
                Cell::whole(value.seen().count()),
                Cell::whole(learned.active().count()),
                day(Some(value.first())),
                day(value.seen().last()),
            ]
        })
    });
    Sheet {
        name: "habits",
        columns: &[
            ("workload", Kind::Text),
            ("peer_group", Kind::Text),
            ("facet", Kind::Text),
            ("value", Kind::Text),
            ("seen_days", Kind::Whole),
            ("active_days", Kind::Whole),
            ("first_day", Kind::Day),
            ("last_day", Kind::Day),
        ],
        rows: Box::new(rows),
    }
}

/// One row per workload: how much it does and how far it reaches.
pub fn workloads(baseline: &Baseline) -> Sheet<'_> {
    let rows = baseline.sorted().map(|(name, learned)| {
        let facets = LearnedFacets::of(name, learned);
        let [_, tier3, tier4] = facets.tier_days;
        let [_, _, class2, class3] = facets.class_days;
        let optional = |number: Option<u64>| number.map_or(Cell::Absent, Cell::whole);
        vec![
            Cell::text(name),
            Cell::may(group(learned)),
            Cell::whole(facets.active_days),
            day(learned.first()),
            day(learned.active().last()),
            optional(facets.events_per_day.map(|(fewest, _)| fewest)),
            optional(facets.events_per_day.map(|(_, most)| most)),
            optional(facets.sensitive_reads_per_day),
            Cell::whole(tier3),
            Cell::whole(tier4),
            Cell::whole(class2),
            Cell::whole(class3),
            Cell::Flag(facets.interactive),
        ]
    });
    Sheet {
        name: "workloads",
        columns: &[
            ("workload", Kind::Text),
            ("peer_group", Kind::Text),
            ("active_days", Kind::Whole),
            ("first_day", Kind::Day),
            ("last_day", Kind::Day),
            ("events_per_day_least", Kind::Whole),
            ("events_per_day_most", Kind::Whole),
            ("sensitive_reads_per_day_most", Kind::Whole),
            ("tier3_days", Kind::Whole),
            ("tier4_days", Kind::Whole),
            ("class2_days", Kind::Whole),
            ("class3_days", Kind::Whole),
            ("interactive", Kind::Flag),
        ],
        rows: Box::new(rows),
    }
}

/// The declared group; those that were made up from kind and platform start with `~`.
fn group(learned: &Learned) -> Option<&str> {
    learned.group().map(|group| &**group).filter(|group| !group.starts_with('~'))
}

//! D2 — a dataset it never touched.
//!
//! # Escalates when
//! it touches a dataset of class 2 or 3 (a bucket and folder, a table, a secret) that is new to it, or not on its list of
//! resources.
//!
//! # Why
//! A workload reads the same few datasets day after day; a thief reads what there is.
//!
//! Several on one day, in several places, are a sweep: each is more surprising than the one before (`novelty.clump`). What lies in one
//! place counts once; each of what a vault issues is a place. The first four things of class 3 that lie beside what it uses are growth;
//! from there on the discount melts, and of a dozen on one day nothing is left of it. A word with which names begin all over the estate,
//! as the company's, makes nothing lie beside anything.
//!
//! # Stays quiet when
//! the dataset is a habit, or lies within what the workload uses (the next table of its own, the next number of a
//! name: `novelty.child`), or the workload
//! meets new datasets of that class all the time. Classes 0 and 1 do not count, unless many more are read or copied in a day than ever
//! (`sensitivity.sweep`), less where no list rules them out. Creating and writing counts `sensitivity.written`: a new
//! table holds nothing yet. What lies in a folder for everybody (`shared`, `common`, `global`) counts .6. Granting on it, or changing its
//! policy, is for `admin_target`. An agent's tool is no dataset where the call names one, or where its class is declared.
//!
//! # Tuning
//! `sensitivity.dataset` by class, `sensitivity.written`, `sensitivity.sweep`, `declared.resource_floor`, `declared.resource_again`, `declared.drift_resource`,
//! `[novelty]`.
//!
//! # References
//! OWASP NHI5:2025; ATT&CK T1530, T1213, T1555.006; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View, declared};
use crate::{Break, Code};
use crate::surprisal::{Declared, q3};
use vires_event::{Boundary, Effect, Source};
use vires_profile::baseline::Facet;
use vires_profile::observation::lists_target;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let class = view.o.data_class.unwrap_or(0);
    let weight = view.tuning.sensitivity.dataset.get(usize::from(class)).copied().unwrap_or(0.0);
    if view.administers() {
        return;
    }
    // What is no more than internal is not worth a word, unless it is taken by the dozen.
    let swept = weight == 0.0;
    let sweep = if swept { beyond(view) } else { 1.0 };
    let weight = if swept { view.tuning.sensitivity.sweep } else { weight };
    if weight == 0.0 || sweep == 0.0 {
        return;
    }
    let list = view.list(|e| e.resources.as_ref());
    let facet = Facet::resource(Some(class));
    // An agent's tool is no dataset where the call says what it was used on.
    let told = view.o.source == Source::OtelGenai && view.o.datasets.iter().any(|d| named_by_call(d));
    for (target, dataset) in view.o.targets.iter().zip(&view.o.datasets) {
        // Nor is it one where data of the class that its name tells is declared anyway.
        if dataset.starts_with("tool:") && (told || view.profile.and_then(|p| p.expect.max_data_class) >= Some(class)) {
            continue;
        }
        // A list of tools says nothing of tables.
        let silent = told && named_by_call(dataset) && !list.is_some_and(|l| l.iter().any(|g| g.is_any() || g.literal_prefix().starts_with(scheme(dataset))));
        let listed = list.filter(|_| !silent).map(|l| lists_target(l, &target.name));
        let gauge = view.gauge_declared(facet, dataset, declared(listed));
        // In a sweep the neighbours are what is swept.
        let measure = if swept && gauge.is_new() { q3(gauge.surprise * gauge.maturity).max(gauge.g) } else { gauge.g };
        if measure == 0.0 || (swept && !gauge.is_new()) {
            continue;
        }
        Draft::new(Code::D2, Some(Boundary::Data), Break::Purpose, "resource", &**dataset)
            .times(if swept { "new" } else { "g" }, measure)
            .times(format!("class {class}"), weight)
            .times("of how many today", sweep)
            .times("nothing rules it out", if swept && gauge.declared != Declared::Outside { OPEN } else { 1.0 })
            .times("kept for all", if kept_for_all(dataset) { SHARED } else { 1.0 })
            .times("metadata only", view.metadata())
            .times("written", if view.writes() { view.tuning.sensitivity.written } else { 1.0 })
            .times("outcome", view.outcome())
            .gauge(gauge.clone())
            .says(view.expected(facet, list), view.observed(&target.name, &gauge))
            .put(found);
    }
}

/// What is left of a sweep where no list says what is read: whoever audits or mirrors everything once does the same.
const OPEN: f64 = 0.7;

/// What is left of a thing in a folder that is there for everybody.
const SHARED: f64 = 0.6;

/// True for what lies in a folder, not the outermost, that is called after being there for everybody.
fn kept_for_all(dataset: &str) -> bool {
    let mut folders = dataset.split('/').rev().skip(1).peekable();
    std::iter::from_fn(|| folders.next().filter(|_| folders.peek().is_some()))
        .any(|folder| ["shared", "common", "global"].iter().any(|word| folder.eq_ignore_ascii_case(word)))
}

/// How far the number of different things that are read or copied today is beyond what it ever is, 0 to 1.
fn beyond(view: &View<'_>) -> f64 {
    if !matches!(view.o.effect, Some(Effect::ReadData | Effect::CopyOut)) {
        return 0.0;
    }
    view.usual.spread.excess(view.today.spread(), view.tuning.volume.over_max, &view.tuning.volume)
}

/// What stands before the first colon, with it.
fn scheme(dataset: &str) -> &str {
    dataset.find(':').and_then(|at| dataset.get(..=at)).unwrap_or("")
}

/// True for what only the arguments of a tool call name.
fn named_by_call(dataset: &str) -> bool {
    matches!(scheme(dataset), "sql:" | "file:" | "secret:" | "bucket:" | "mailbox:" | "repository:")
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn strange_datasets_count_and_relatives_hardly() {
        let bench = Bench::mature().also_daily(act().target("secret:prod/checkout/db", 3));
        let strange = bench.x("D2", act().target("secret:prod/payroll/db", 3)).unwrap();
        let own = bench.x("D2", act().target("secret:prod/checkout/mail", 3)).unwrap();
        assert!(strange > 0.4 && own < 0.45 * strange, "{strange} {own}");
        assert_eq!(bench.x("D2", act().target("secret:prod/checkout/db", 3)), None);
        assert_eq!(bench.x("D2", act().target("s3:public-site/x/y", 1)), None);
    }

    #[test]
    fn a_tool_is_no_dataset_of_a_class_that_is_declared() {
        let ask = || act().action("otel_genai:execute_tool get_invoice", 1).target("tool:get_invoice", 2);
        assert!(Bench::mature().x("D2", ask()).unwrap() > 0.3);
        let declare = |class: u8| Bench::mature().declare(&format!("[workload.expect]\nmax_data_class = {class}\n"));
        assert_eq!((declare(2).x("D2", ask()), declare(1).x("D2", ask()).is_some()), (None, true));
    }

    #[test]
    fn many_on_one_day_are_a_sweep() {
        // It meets a new secret every week: one more says little.
        let bench = (0..4).fold(Bench::mature(), |bench, n| {
            bench.also_on(&[8 + 5 * n], act().target(&format!("secret:team{n}/x/key"), 3))
        });
        let strange = |n: usize| act().target(&format!("secret:prod{n}/y{n}/key"), 3);
        let one = bench.x("D2", strange(0)).unwrap();
        let after = |n: usize, last: crate::bench::Act| {
            let before: Vec<_> = (1..n).map(strange).collect();
            bench.found_after(&before, last).into_iter().find(|(code, _)| code == "D2").map_or(0.0, |(_, x)| x)
        };
        let (two, eight) = (after(2, strange(0)), after(8, strange(0)));
        assert!(one < two && two < eight && eight > 0.8 && one < 0.6, "{one} {two} {eight}");
        // What lies side by side is one thing.
        let beside = |n: usize| act().target(&format!("secret:prod0/y0/key{n}"), 3);
        let before: Vec<_> = (1..8).map(beside).collect();
        let side = bench.found_after(&before, beside(0));
        assert!(side.iter().all(|(code, x)| code != "D2" || *x <= one), "{one}: {side:?}");
    }

    #[test]
    fn what_is_internal_counts_by_the_dozen() {
        let clone = |n: usize| act().action("github:git.clone", 1).target(&format!("github:org/repo{n}x"), 1);
        let bench = Bench::mature().also_daily(clone(0)).also_daily(clone(1));
        let sweep = |n: usize| bench.weight_of("D2", &(2..2 + n).map(clone).collect::<Vec<_>>());
        assert_eq!(sweep(2), 0.0);
        let listed = bench.clone().declare("[workload.expect]\nresources = [\"github:org/repo0x\", \"github:org/repo1x\"]\n");
        let outside = listed.weight_of("D2", &(2..92).map(clone).collect::<Vec<_>>());
        assert!(outside > 0.5 && (sweep(90) - 0.7 * outside).abs() < 0.01, "{} {outside}", sweep(90));
        // Who meets new ones every day sweeps nothing.
        let crawler = (0..30).fold(Bench::mature(), |bench, day| bench.also_on(&[-day], clone(100 + day as usize)));
        assert!(crawler.weight_of("D2", &(2..92).map(clone).collect::<Vec<_>>()) < 0.3);
    }

    #[test]
    fn a_closed_list_is_closed() {
        let bench = Bench::mature().declare("[workload.expect]\nresources = [\"s3:api-data/*\", \"secret:prod/checkout/*\"]\n");
        assert!(bench.x("D2", act().target("secret:prod/payroll/db", 3)).unwrap() >= 0.42);
        assert!(bench.x("D2", act().target("secret:prod/checkout/new", 3)).unwrap_or(0.0) < 0.15);
        // It is broken the third time today by who meets new secrets all the time: one alone may be missing from the list.
        let bench = (0..9).fold(bench, |bench, n| bench.also_on(&[-3 * n], act().target(&format!("secret:team{n}/x/key"), 3)));
        let strange = |n: usize| act().target(&format!("secret:prod{n}/y{n}/key"), 3);
        let after = |before: &[usize]| {
            let before: Vec<_> = before.iter().map(|n| strange(*n)).collect();
            bench.found_after(&before, strange(0)).into_iter().filter(|(code, _)| code == "D2").map(|(_, x)| x).fold(0.0, f64::max)
        };
        assert!(after(&[]) < after(&[1]) && after(&[1]) < after(&[1, 2]), "{} {} {}", after(&[]), after(&[1]), after(&[1, 2]));
    }

    #[test]
    fn what_is_there_for_everybody_is_taken_by_anybody() {
        let bench = Bench::mature().also_daily(act().target("vault:kv/data/shop/basket/key", 3));
        let x = |target: &str| bench.x("D2", act().target(target, 3)).unwrap();
        let own = x("vault:kv/data/bank/ledger");
        assert!((x("vault:kv/data/shared/ledger") / own - 0.6).abs() < 0.01);
        // Neither the name of the thing itself nor that of the store makes it so.
        assert_eq!((x("vault:kv/data/bank/shared"), x("secret:shared/ledger/key")), (own, own));
    }
}

//! Events that come long after their time: a shipper that was down, an archive read file by file. They are judged all the same.

use crate::bench::{Act, Bench, act};
use crate::{Disposition, Why};
use vires_event::Effect;
use vires_profile::baseline::Facet;
use vires_profile::observation::Mapping;

fn theft() -> Act {
    act().action("ec2:ModifySnapshotAttribute", 4).effect(Effect::Exposure).sending_to("999988887777")
}

#[test]
fn it_is_judged_however_late_it_comes() {
    for days in [0, 1, 2, 3, 4, 10, 60, 75] {
        let (_, _, outcomes) =
            Bench::mature().run(&[act().by("peer0").on_day(60), act().on_day(60), theft().on_day(60 - days)]);
        let last = &outcomes[2];
        assert!(last.verdict.verdict >= Disposition::Escalate, "{days} days late: {last:?}");
        assert_eq!(last.update.as_ref().unwrap().update, Why::Opened);
        assert!(!last.update.as_ref().unwrap().evidence.is_empty());
    }
}

#[test]
fn what_escalated_late_is_not_learned() {
    let bench = Bench::mature();
    let day = |n: i64| act().on_day(60).at_hour(10 + n);
    let (_, state, _) =
        bench.run(&[act().by("peer0").on_day(60), day(0), theft().on_day(50), day(1), theft().on_day(50), day(2)]);
    let api = state.get("api").unwrap();
    assert!(
        api.overlay.as_ref().is_none_or(|learned| learned.find(Facet::Action, "ec2:ModifySnapshotAttribute").is_none()),
        "{api:?}"
    );
}

#[test]
fn it_leaves_nothing_behind_for_today() {
    let today = || act().on_day(60).at_hour(11);
    let (judge, state, outcomes) =
        Bench::mature().run(&[act().by("peer0").on_day(60), act().on_day(60), theft().on_day(50), today()]);
    assert_eq!((outcomes[3].verdict.verdict, outcomes[3].verdict.score), (Disposition::Suppress, 0.0));
    assert!(judge.ask(&state, "api", Mapping::Mapped).unwrap().evidence.is_empty());
}

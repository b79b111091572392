//! What a baseline knows of a workload, in the words of an inventory.

use crate::baseline::{Baseline, Facet, Learned};

/// A value and on how many of the remembered days it was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenValue {
    /// The value; with `*` where the baseline keeps values coarsely.
    pub value: String,
    /// Days on which it was seen.
    pub days: u32,
}

/// Everything learned of one workload that a profile could declare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LearnedFacets {
    /// The key under which it was learned: a workload id, or the template of an identity that belongs to none.
    pub workload: String,
    /// Peer group that the inventory gave it then.
    pub peer_group: Option<String>,
    /// Days on which it was active.
    pub active_days: u32,
    /// Values by facet (`action`, `resource`, `zone` …, see [`Facet::word`]), sorted by facet and value.
    pub facets: Vec<(&'static str, Vec<SeenValue>)>,
    /// Days with successful actions of tier 0–2, 3 and 4, at least: of the action seen most often.
    pub tier_days: [u32; 3],
    /// Days on which data of class 0–3 was touched.
    pub class_days: [u32; 4],
    /// Fewest and most events on an active day.
    pub events_per_day: Option<(u64, u64)>,
    /// Most reads of confidential or restricted data on a day.
    pub sensitive_reads_per_day: Option<u64>,
    /// True if a person ever used it by hand.
    pub interactive: bool,
    /// Hours of the day (UTC) in which it was ever active.
    pub hours: Vec<u8>,
}

impl LearnedFacets {
    /// Summarises what was learned of one workload.
    pub fn of(workload: &str, learned: &Learned) -> Self {
        let days_of = |facet: Facet| learned.of(facet).iter().map(|value| value.seen().count()).max().unwrap_or(0);
        let mut facets: Vec<(&'static str, Vec<SeenValue>)> = Vec::new();
        let mut class_days = [0; 4];
        for value in learned.values() {
            let seen = SeenValue { value: value.name().to_string(), days: value.seen().count() };
            match value.facet() {
                Facet::DataClass => {
                    if let Some(days) = seen.value.parse::<usize>().ok().and_then(|class| class_days.get_mut(class)) {
                        *days = seen.days;
                    }
                }
                // What was refused is not what it does, and pairs are derived.
                Facet::Denied | Facet::Pair | Facet::Interactive => {}
                facet => match facets.iter_mut().find(|(word, _)| *word == facet.word()) {
                    Some((_, values)) => values.push(seen),
                    None => facets.push((facet.word(), vec![seen])),
                },
            }
        }
        for (_, values) in &mut facets {
            values.sort();
            // One value may stand in several strata: it was seen at least as often as in the one where it stands most.
            values.dedup_by(|next, kept| {
                next.value == kept.value && {
                    kept.days = kept.days.max(next.days);
                    true
                }
            });
        }
        facets.sort();
        let totals = || learned.daily().iter().map(|day| u64::from(day.total));
        LearnedFacets {
            workload: workload.into(),
            peer_group: learned.group().filter(|group| !group.starts_with('~')).map(|group| group.to_string()),
            active_days: learned.active().count(),
            facets,
            tier_days: [Facet::Action, Facet::ActionT3, Facet::ActionT4].map(days_of),
            class_days,
            events_per_day: totals().min().zip(totals().max()),
            sensitive_reads_per_day: learned.daily().iter().map(|day| u64::from(day.sensitive)).max(),
            interactive: !learned.of(Facet::Interactive).is_empty(),
            hours: learned.hours().of_day(),
        }
    }

    /// The values of a facet; none if nothing was seen.
    pub fn values(&self, facet: &str) -> &[SeenValue] {
        self.facets.iter().find(|(word, _)| *word == facet).map_or(&[], |(_, values)| values)
    }
}

/// Summarises a whole baseline, by workload in alphabetical order.
pub fn summary(baseline: &Baseline) -> Vec<LearnedFacets> {
    baseline.sorted().map(|(name, learned)| LearnedFacets::of(name, learned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Facts, Mapping, Observation, Setting};
    use crate::propose::{Caution, propose};
    use vires_event::{Activity, Actor, Effect, Identity, Kind, Place, Source, Target};

    fn learn(baseline: &mut Baseline, day: u32, action: &str, effect: Effect, class: Option<u8>) {
        let mut activity = Activity::new(Source::Cloudtrail, action.to_string());
        activity.time = Some((1_760_000_000 + day * 86_400).to_string().into());
        activity.identity = Some(Identity {
            id: "aws:role/123456789012/etl".into(),
            kind: Kind::Role,
            actor: Actor::Machine,
            name: "etl".into(),
            raw: None,
        });
        activity.place = Place { account: Some("123456789012".into()), region: Some("eu-west-1".into()), host: None };
        activity.targets = vec![Target { name: "s3:raw/in".into() }];
        let facts = Facts { effect: Some(effect), data_class: class, ..Facts::default() };
        let setting = Setting {
            workload: "etl".into(),
            mapping: Mapping::NoOwner,
            peer_group: Some("loaders".into()),
            shared: false,
            zone: None,
            data_class: None,
            labels: Vec::new(),
            env: Some("prod".into()),
        };
        baseline.learn(&Observation::new(activity, facts, setting).unwrap());
    }

    #[test]
    fn a_baseline_is_summed_up_and_can_be_proposed() {
        let mut baseline = Baseline::new("test");
        for day in 0..20 {
            for _ in 0..=day % 3 {
                learn(&mut baseline, day, "s3:GetObject", Effect::ReadData, Some(2));
            }
        }
        learn(&mut baseline, 7, "secretsmanager:GetSecretValue", Effect::SecretRead, Some(3));
        let learned = summary(&baseline);
        let [etl] = learned.as_slice() else { panic!("{learned:?}") };
        assert_eq!((etl.workload.as_str(), etl.peer_group.as_deref(), etl.active_days), ("etl", Some("loaders"), 20));
        let values = |facet: &str| etl.values(facet).iter().map(|seen| (seen.value.as_str(), seen.days)).collect::<Vec<_>>();
        assert_eq!(values("region"), [("eu-west-1", 20)]);
        assert_eq!(values("account"), [("123456789012", 20), ("env:prod", 20)]);
        assert_eq!(values("action"), [("s3:GetObject", 20), ("secretsmanager:GetSecretValue", 1)]);
        // Once as restricted, always as confidential: one value.
        assert_eq!(values("resource"), [("s3:raw/", 20)]);
        assert_eq!(values("nonsense"), []);
        assert_eq!((etl.tier_days, etl.class_days), ([20, 1, 0], [0, 0, 20, 1]));
        assert_eq!((etl.events_per_day, etl.sensitive_reads_per_day), (Some((1, 3)), Some(3)));
        let expect = &propose(&learned, None, &Caution::default())[0].workload.expect;
        assert_eq!((expect.max_tier, expect.max_data_class), (Some(2), Some(2)));
        assert!(expect.resources.as_ref().is_some_and(|resources| resources.matches("s3:raw/in")));
    }
}

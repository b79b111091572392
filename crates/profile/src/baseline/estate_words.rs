//! Words with which names all over an estate begin. Where every bucket is called `<company>-…`, that two begin alike says nothing of
//! whose they are.

use super::{Facet, Learned};
use crate::observation::stable_hash;
use rustc_hash::{FxHashMap, FxHashSet};

/// So many workloads at least use names that begin so.
const LEAST: u32 = 5;
/// And one in so many of those that use any.
const SHARE: u32 = 3;
/// Days on which a workload was active, from which on it counts.
const SETTLED: u32 = 5;
/// Most values of a workload that are looked at.
const MOST: usize = 256;

/// First words of names, by hash.
#[derive(Debug, Default)]
pub(super) struct EstateWords(FxHashSet<u64>);

/// The first word of a name of several.
fn first_word(name: &str) -> Option<&str> {
    name.find(['-', '_', '.']).and_then(|at| name.get(..at)).filter(|word| !word.is_empty())
}

/// What at least `least` workloads show, and one in `share` of those that show anything: `shown` lists what one does, by hash.
pub(super) fn shared<'l>(
    estate: impl Iterator<Item = &'l Learned>,
    least: u32,
    share: u32,
    shown: impl Fn(&Learned, &mut Vec<u64>),
) -> FxHashSet<u64> {
    let (mut counts, mut users): (FxHashMap<u64, u32>, u32) = Default::default();
    let mut each = Vec::new();
    for learned in estate {
        each.clear();
        shown(learned, &mut each);
        users += u32::from(!each.is_empty());
        each.sort_unstable();
        each.dedup();
        each.iter().for_each(|hash| *counts.entry(*hash).or_insert(0) += 1);
    }
    counts.into_iter().filter(|(_, n)| *n >= least && n.saturating_mul(share) >= users).map(|(hash, _)| hash).collect()
}

impl EstateWords {
    pub fn of<'l>(estate: impl Iterator<Item = &'l Learned>) -> Self {
        // Who was hardly ever seen says nothing of how an estate names its things, however many there are of those.
        let settled = estate.filter(|learned| learned.active().count() >= SETTLED);
        EstateWords(shared(settled, LEAST, SHARE, |learned, words| {
            for value in Facet::Resource.strata().iter().flat_map(|facet| learned.of(*facet)).take(MOST) {
                let name = value.name().split_once(':').map_or("", |(_, name)| name).trim_end_matches('/');
                let ends = [name.split('/').next(), name.rsplit('/').next()];
                words.extend(ends.into_iter().flatten().filter_map(first_word).map(|word| stable_hash(word.as_bytes())));
            }
        }))
    }

    pub fn has(&self, word: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&stable_hash(word.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Baseline;
    use crate::observation::{Facts, Mapping, Observation, Setting};
    use vires_event::{Activity, Effect, Identity, Kind, Source, Target};

    /// A workload that reads one bucket on so many days.
    fn reader(workload: &str, bucket: &str, days: i64) -> Learned {
        let mut baseline = Baseline::new("test");
        for day in 0..days {
            let mut a = Activity::new(Source::Cloudtrail, "s3:GetObject");
            a.time = Some((1_772_323_200_000 + day * 86_400_000).to_string().into());
            a.identity = Some(Identity {
                id: format!("aws:role/123456789012/{workload}").into(),
                kind: Kind::Role,
                actor: vires_event::Actor::Machine,
                name: workload.to_owned().into(),
                raw: None,
            });
            a.targets = vec![Target { name: format!("s3:{bucket}/x").into() }];
            let setting = Setting {
                workload: workload.to_owned().into(),
                mapping: Mapping::Mapped,
                peer_group: None,
                shared: false,
                zone: None,
                data_class: Some(1),
                labels: vec![],
                env: None,
            };
            let facts = Facts { effect: Some(Effect::ReadData), ..Facts::default() };
            baseline.learn(&Observation::new(a, facts, setting).unwrap());
        }
        baseline.into_sorted().next().unwrap().1
    }

    #[test]
    fn a_word_of_the_whole_estate_is_nobodys() {
        let estate = |own: usize, others: usize, days: i64| {
            let company = (0..own).map(|n| reader(&format!("w{n}"), &format!("orchard-{n}x"), 9));
            let all: Vec<Learned> =
                company.chain((0..others).map(|n| reader(&format!("o{n}"), &format!("zz{n}-x"), days))).collect();
            EstateWords::of(all.iter()).has("orchard")
        };
        assert!(estate(5, 0, 9) && estate(5, 10, 9));
        assert!(!estate(4, 0, 9) && !estate(5, 11, 9));
        // Passers-by do not count, however many.
        assert!(estate(5, 40, 1));
    }
}

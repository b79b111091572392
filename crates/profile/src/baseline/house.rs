//! The mail domains of the house: those of the people and accounts that are seen at work. What an account without an address sends to
//! such an address has not left.

use super::estate_words::shared;
use super::{Facet, Learned};
use crate::observation::stable_hash;
use rustc_hash::FxHashSet;

/// So many workloads at least bear the domain, or work for somebody who does.
const LEAST: u32 = 3;
/// And one in so many of those that bear any.
const SHARE: u32 = 2;
/// Days on which a workload was active, from which on it counts.
const SETTLED: u32 = 3;
/// Most values of a workload that are looked at.
const MOST: usize = 64;

/// Domains in which anybody gets an address, so that it says nothing of whose the people are.
const ANYBODYS: [&str; 14] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.de",
    "proton.me",
    "protonmail.com",
    "users.noreply.github.com",
];

/// Domains, by hash.
#[derive(Debug, Default)]
pub(super) struct House(FxHashSet<u64>);

/// The domain of an address, if it can say whose it is.
fn domain_of(value: &str) -> Option<String> {
    let domain = value.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase())?;
    let whole = domain.contains('.') && domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    // Accounts of machines bear the domain of whoever runs the cloud.
    let says = whole && !domain.ends_with("gserviceaccount.com") && !ANYBODYS.contains(&&*domain);
    says.then_some(domain)
}

impl House {
    pub fn of<'l>(estate: impl Iterator<Item = &'l Learned>) -> Self {
        // Who was hardly ever seen may be anybody, however many there are of those.
        let settled = estate.filter(|learned| learned.active().count() >= SETTLED);
        House(shared(settled, LEAST, SHARE, |learned, domains| {
            let values = [Facet::Identity, Facet::Delegator].into_iter().flat_map(|facet| learned.of(facet)).take(MOST);
            domains.extend(values.filter_map(|value| domain_of(value.name())).map(|domain| stable_hash(domain.as_bytes())));
        }))
    }

    pub fn has(&self, domain: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&stable_hash(domain.to_ascii_lowercase().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Baseline;
    use crate::observation::{Facts, Mapping, Observation, Setting};
    use vires_event::{Activity, Identity, Kind, Source};

    /// Somebody who is seen on so many days.
    fn somebody(name: &str, days: i64) -> Learned {
        let mut baseline = Baseline::new("test");
        for day in 0..days {
            let mut a = Activity::new(Source::Okta, "okta:user.session.start");
            a.time = Some((1_772_323_200_000 + day * 86_400_000).to_string().into());
            a.identity = Some(Identity {
                id: format!("person:{name}").into(),
                kind: Kind::Human,
                actor: vires_event::Actor::Human,
                name: name.to_owned().into(),
                raw: None,
            });
            let setting = Setting {
                workload: name.to_owned().into(),
                mapping: Mapping::Ghost,
                peer_group: None,
                shared: false,
                zone: None,
                data_class: None,
                labels: vec![],
                env: None,
            };
            baseline.learn(&Observation::new(a, Facts::default(), setting).unwrap());
        }
        baseline.into_sorted().next().unwrap().1
    }

    #[test]
    fn the_house_is_where_most_of_the_people_are() {
        let house = |names: &[&str], guests: usize, days: i64| {
            let own = names.iter().map(|name| somebody(name, 9));
            let all: Vec<Learned> = own.chain((0..guests).map(|n| somebody(&format!("g{n}@guest.example"), days))).collect();
            House::of(all.iter())
        };
        let three = ["a@Example.com", "b@example.com", "c@example.com"];
        assert!(house(&three, 3, 9).has("example.com") && house(&three, 0, 9).has("EXAMPLE.com"));
        assert!(!house(&three, 4, 9).has("example.com") && !house(&three[..2], 0, 9).has("example.com"));
        assert!(!house(&three, 2, 9).has("guest.example"));
        // Passers-by do not count, however many; nor does what says nothing.
        assert!(house(&three, 40, 1).has("example.com"));
        let anybodys = ["a@gmail.com", "b@gmail.com", "c@gmail.com", "x@p.iam.gserviceaccount.com", "nobody", "a@b"];
        assert!(!house(&anybodys, 0, 9).has("gmail.com"));
    }
}

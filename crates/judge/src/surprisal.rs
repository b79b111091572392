//! How surprising a value is for this workload, in bits, and what a declaration makes of that.
//!
//! Two questions add up. How often does this workload show something new in this facet at all (its own rate of novelty, pulled
//! towards its peers' rate while it is young)? And how rare is this very value among its peers, and in the estate? All numbers
//! are rounded where they are printed and carried on as printed, so that a reader can recompute them.

use crate::memory::Memory;
use serde::{Deserialize, Serialize};
use vires_profile::baseline::{Facet, Hashed, Share};

/// More new things on one day than these are as good as many.
const MOST_NEW: usize = 12;

/// How a value stands to the workload's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A habit.
    Established,
    /// Seen now and then.
    Rare,
    /// Seen, but not within the window.
    Lapsed,
    /// Never seen, but inside what is already used.
    Child,
    /// Never seen.
    Unseen,
}

/// What the profile says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Declared {
    /// Nothing: only history counts.
    Open,
    /// It is on the list.
    Inside,
    /// There is a list and it is not on it.
    Outside,
}

/// The measure of one value, with all that went into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gauge {
    /// How it stands to the history.
    pub standing: Standing,
    /// What the profile says.
    pub declared: Declared,
    /// Days of the window on which it was seen.
    pub days_seen: f64,
    /// Active days in the window.
    pub days_active: f64,
    /// Days on which something new appeared in this facet, after the warm-up.
    pub days_new: u32,
    /// Active days after the warm-up.
    pub days_settled: u32,
    /// The peers' rate of novelty.
    pub peer_rate: f64,
    /// New things it has shown today, in as many places, with this one; 0 where they are not counted.
    #[serde(default)]
    pub new_today: u32,
    /// Peers that have the value.
    pub peers: Share2,
    /// Workloads of the estate that have it.
    pub estate: Share2,
    /// Bits for showing something new at all (for rare values: for showing this one).
    pub bits_new: f64,
    /// Bits for its rarity among others.
    pub bits_rare: f64,
    /// Surprise from 0 to 1: where `bits_new + bits_rare` lies between `bits_low` and `bits_high`.
    pub surprise: f64,
    /// What the age of the history leaves of it.
    pub maturity: f64,
    /// What kinship, lapse or co-adoption leaves of it.
    pub relation: f64,
    /// True if several peers took it up these days.
    pub coadopted: bool,
    /// `surprise × maturity × relation`.
    pub v: f64,
    /// `v` seen through the declaration: what criteria weigh.
    pub g: f64,
}

/// [`Share`] in files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share2 {
    /// How many have it.
    pub have: u32,
    /// Of how many.
    pub of: u32,
}

impl From<Share> for Share2 {
    fn from(s: Share) -> Self {
        Share2 { have: s.have, of: s.of }
    }
}

/// Days of one new thing in two of what is believed of peers before any is known. What an identity has power over is settled early: new
/// effects, administrative actions and roles come rarely, new objects every few weeks.
fn before(facet: Facet) -> f64 {
    match facet {
        Facet::Effect | Facet::ActionT4 | Facet::Role => 50.0,
        _ => 10.0,
    }
}

/// To three decimals, as printed.
pub(crate) fn q3(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}

fn q2(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

impl Gauge {
    fn quiet(declared: Declared) -> Gauge {
        Gauge {
            standing: Standing::Established,
            declared,
            days_seen: 0.0,
            days_active: 0.0,
            days_new: 0,
            days_settled: 0,
            peer_rate: 0.0,
            new_today: 0,
            peers: Share2::default(),
            estate: Share2::default(),
            bits_new: 0.0,
            bits_rare: 0.0,
            surprise: 0.0,
            maturity: 1.0,
            relation: 1.0,
            coadopted: false,
            v: 0.0,
            g: 0.0,
        }
    }

    /// What the number of new things says beside the fact that there are any. A day that brings something new brings `clump` things on
    /// average; how many it brings falls off geometrically.
    pub fn bits_sweep(&self, clump: f64) -> f64 {
        q2(f64::from(self.new_today.saturating_sub(1)) * (clump / (clump - 1.0)).log2())
    }

    /// All bits.
    pub fn bits(&self) -> f64 {
        q2(self.bits_new + self.bits_rare)
    }

    /// The peers that have the value, and of how many. A group of few is filled up to `least` with others of the estate, at most a
    /// quarter of them: who has no peers is not thereby like everybody.
    pub fn company(&self, least: f64) -> (f64, f64) {
        let (have, of) = (f64::from(self.peers.have), f64::from(self.peers.of));
        let others = f64::from(self.estate.of.saturating_sub(self.peers.of));
        let fill = (least - of).clamp(0.0, others / 4.0);
        let share = f64::from(self.estate.have.saturating_sub(self.peers.have)) / others.max(1.0);
        (q2(have + fill * share), q2(of + fill))
    }

    /// True if the workload never showed it before.
    pub fn is_new(&self) -> bool {
        matches!(self.standing, Standing::Unseen | Standing::Child | Standing::Lapsed)
    }
}

impl Memory<'_> {
    /// How much of a surprise counts, given the age of the history.
    pub fn maturity(&self) -> f64 {
        let young = self.tuning.novelty.young;
        let grown = (f64::from(self.days) / f64::from(self.tuning.window.mature_days)).min(1.0);
        q3(young + (1.0 - young) * grown)
    }

    /// Measures a value of a facet. `coadopted` says that several peers took it up these days.
    pub fn gauge(&self, facet: Facet, value: &str, declared: Declared, coadopted: bool) -> Gauge {
        let declared = if self.tuning.declared.enabled { declared } else { Declared::Open };
        let hashed = Hashed::new(value);
        if declared != Declared::Outside && self.plainly_established(facet, &hashed) {
            return Gauge::quiet(declared);
        }
        let mut gauge = self.standing(facet, value, &hashed, declared);
        match gauge.standing {
            Standing::Established => {}
            Standing::Rare => gauge.bits_new = q2(-((gauge.days_seen + 0.5) / (gauge.days_active + 1.0)).log2()),
            Standing::Lapsed | Standing::Child | Standing::Unseen => self.surprise_of_new(&mut gauge, facet, value),
        }
        let novelty = &self.tuning.novelty;
        if gauge.standing != Standing::Established {
            gauge.surprise = q3(((gauge.bits() - novelty.bits_low) / (novelty.bits_high - novelty.bits_low)).clamp(0.0, 1.0));
            gauge.maturity = self.maturity();
            gauge.coadopted = coadopted && self.tuning.coadopt.enabled;
            gauge.relation = match gauge.standing {
                Standing::Child => self.child(facet),
                Standing::Lapsed => novelty.lapsed,
                _ => 1.0,
            };
            // What most peers do is the group's work, whoever of them takes it up last.
            let enough = gauge.peers.have >= u32::from(self.tuning.coadopt.min_peers);
            if facet.is_action() && gauge.is_new() && enough && self.tuning.coadopt.enabled {
                let others = f64::from(gauge.peers.have) / f64::from(gauge.peers.of.max(1));
                gauge.relation = gauge.relation.min(q3(1.0 - others).max(novelty.common));
            }
            if gauge.coadopted {
                gauge.relation = gauge.relation.min(self.tuning.coadopt.factor);
            }
            gauge.v = q3(gauge.surprise * gauge.maturity * gauge.relation);
        }
        gauge.g = q3(self.through_declaration(&gauge, facet.is_target()));
        gauge
    }

    /// What is left of the surprise of something new that lies beside what it uses. The next one or two are growth; who goes through all
    /// of a folder of restricted things on one day does not grow.
    fn child(&self, facet: Facet) -> f64 {
        const GROWTH: usize = 4;
        const SWEEP: usize = 12;
        let child = self.tuning.novelty.child;
        if facet != Facet::ResourceC3 {
            return child;
        }
        let beyond = self.new_things_today(facet, SWEEP).saturating_sub(GROWTH);
        q3(child + (1.0 - child) * beyond as f64 / (SWEEP - GROWTH) as f64)
    }

    fn standing(&self, facet: Facet, value: &str, hashed: &Hashed<'_>, declared: Declared) -> Gauge {
        let novelty = &self.tuning.novelty;
        let seen = self.sighting_of(facet, hashed).seen;
        let days_seen = q2(self.weigh(seen));
        let days_active =
            if self.tuning.window.half_life_days == 0 { f64::from(self.days) } else { q2(self.weigh(self.active)) };
        let last = seen.last();
        let remembered = last.is_some_and(|last| self.day.saturating_sub(last) < self.tuning.window.tombstone_days);
        let resource = facet.is_target();
        let standing = if days_seen > 0.0 {
            let habit =
                days_seen >= f64::from(novelty.established_days) || days_seen >= novelty.established_share * days_active;
            if habit { Standing::Established } else { Standing::Rare }
        } else if remembered {
            Standing::Lapsed
        } else if (resource && self.has_kin(facet, value))
            || (facet.is_action() && (self.runs_alike(facet, value) || self.keeps(facet, value)))
            || (facet == Facet::Role && self.becomes_alike(value))
        {
            Standing::Child
        } else {
            Standing::Unseen
        };
        Gauge { standing, days_seen, days_active, ..Gauge::quiet(declared) }
    }

    /// True for another step in keeping what it keeps: who patches role bindings creates one now and then.
    fn keeps(&self, facet: Facet, action: &str) -> bool {
        let mut found = false;
        self.for_each_layer(|learned| {
            found |= learned.of(facet).iter().any(|known| crate::kin::keeps(action, known.name()));
        });
        found
    }

    /// True for becoming who it becomes in several other places already, or one more of a series that it becomes, unless that one
    /// administers.
    fn becomes_alike(&self, id: &str) -> bool {
        let mut names: Vec<&str> = Vec::new();
        self.for_each_layer(|learned| names.extend(learned.of(Facet::Role).iter().map(|known| &**known.name())));
        // What is known from before and again from these days is one.
        names.sort_unstable();
        names.dedup();
        crate::series::one_more_place(id, names.iter().copied())
            || (crate::series::one_more_of_series(id, names.into_iter(), |word| self.reference.is_estate_word(word))
                && !crate::criteria::has_power(self, id))
    }

    /// True for running containers in another form than the workload knows: who creates deployments has no new power with a daemon set.
    fn runs_alike(&self, facet: Facet, action: &str) -> bool {
        const FORMS: [&str; 6] = ["deployments", "daemonsets", "statefulsets", "replicasets", "cronjobs", "jobs"];
        let form = |action: &str| {
            action.strip_prefix("k8s:")?.split_once(' ').filter(|(_, kind)| FORMS.contains(kind)).map(|(verb, _)| verb.len())
        };
        let Some(width) = form(action) else { return false };
        let mut found = false;
        self.for_each_layer(|learned| {
            for stratum in facet.covering() {
                found |= learned
                    .of(*stratum)
                    .iter()
                    .any(|known| form(known.name()) == Some(width) && known.name().get(..4 + width) == action.get(..4 + width));
            }
        });
        found
    }

    fn surprise_of_new(&self, gauge: &mut Gauge, facet: Facet, value: &str) {
        let novelty = &self.tuning.novelty;
        let own = self.base();
        let peers = self.reference.peer_novelty(self.group, own, facet);
        gauge.peer_rate = q3((peers.days_new as f64 + 0.5) / (peers.days as f64 + before(facet))).max(0.001);
        (gauge.days_new, gauge.days_settled) = self.novelty(facet);
        let alpha = novelty.alpha_days;
        let p_new = (f64::from(gauge.days_new) + alpha * gauge.peer_rate) / (f64::from(gauge.days_settled) + alpha);
        gauge.bits_new = q2(-p_new.min(1.0).log2());
        if facet.is_restricted() && gauge.standing == Standing::Unseen {
            gauge.new_today = self.new_today(facet, MOST_NEW);
            gauge.bits_new = q2(gauge.bits_new + gauge.bits_sweep(novelty.clump));
        }
        let peers = self.reference.peers(self.group, own, facet, value);
        let estate = self.reference.estate(own, facet, value);
        (gauge.peers, gauge.estate) = (peers.into(), estate.into());
        let (have, of) = gauge.company(novelty.least_peers);
        let share = (have + 0.5) / (of + 1.0);
        let org = novelty.org_factor * (f64::from(estate.have) + 0.1) / (f64::from(estate.of) + 1.0);
        gauge.bits_rare = q2((-share.max(org).min(1.0).log2()).min(novelty.peer_cap_bits));
    }

    /// The matrix of what was declared and what was learned.
    fn through_declaration(&self, gauge: &Gauge, resource: bool) -> f64 {
        let knobs = &self.tuning.declared;
        match (gauge.declared, gauge.standing) {
            (Declared::Open, _) => gauge.v,
            (Declared::Inside, Standing::Established) => 0.0,
            (Declared::Inside, _) => knobs.inside * gauge.v,
            (Declared::Outside, Standing::Established) if resource => knobs.drift_resource,
            (Declared::Outside, Standing::Established) => knobs.drift,
            (Declared::Outside, _) if gauge.coadopted => self.tuning.coadopt.declared_factor,
            // Lists of resources are never complete: what was used before is not stranger than what never was.
            (Declared::Outside, Standing::Rare | Standing::Lapsed) if resource => knobs.resource_floor.max(gauge.v),
            (Declared::Outside, Standing::Rare | Standing::Lapsed) => knobs.outside_rare,
            (Declared::Outside, Standing::Child) => knobs.resource_child_floor.max(gauge.v),
            // A list that is broken once may be incomplete. Each further place of one day makes that less likely.
            (Declared::Outside, Standing::Unseen) if resource => {
                let broken = f64::from(gauge.new_today.saturating_sub(1));
                (knobs.resource_floor * (1.0 + knobs.resource_again * broken)).min(1.0).max(gauge.v)
            }
            (Declared::Outside, Standing::Unseen) => 1.0,
        }
    }
}

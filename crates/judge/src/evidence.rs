//! One piece of evidence, and how its weight came about.

use crate::score::Piece;
use crate::surprisal::{Declared, Gauge, q3};
use crate::{Break, Code};
use serde::{Deserialize, Serialize};
use vires_event::{Boundary, Millis};

/// One factor of a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// What it stands for.
    pub what: String,
    /// Its value.
    pub value: f64,
}

/// How the weight `x` came about: the product of the factors, at most 1, to three decimals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Workings {
    /// What was multiplied.
    pub factors: Vec<Factor>,
    /// The measure behind the first factor, where history decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gauge: Option<Box<Gauge>>,
}

impl Workings {
    /// The product.
    pub fn x(&self) -> f64 {
        q3(self.factors.iter().map(|f| f.value).product::<f64>().min(1.0))
    }
}

/// What a criterion found in one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which criterion.
    pub code: Code,
    /// The aspect, in the words of exceptions.
    pub facet: &'static str,
    /// The value that stands out.
    pub value: String,
    /// The boundary it crosses; `None` = variance only.
    pub boundary: Option<Boundary>,
    /// What it breaks.
    pub breaks: Break,
    /// How its weight came about.
    pub workings: Workings,
    /// What was expected.
    pub expected: String,
    /// What was observed.
    pub observed: String,
    /// Impact of the event.
    pub impact: f64,
    /// True if the event came from an unknown network that is new to the workload.
    pub unknown_network: bool,
    /// True if it is about an unknown network, its value, in which the workload was before: not where this event came from.
    pub elsewhere: bool,
    /// True if it deviates from a declaration, or from any history.
    pub grounded: bool,
}

/// Where a piece of evidence can be found again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EvidenceRef {
    /// When.
    pub at: Millis,
    /// The source's id of the record; `line:<n>` where it has none.
    pub event: String,
}

/// Most references per piece of evidence.
const MAX_REFS: usize = 3;
/// Most techniques per piece of evidence.
const MAX_ATTACK: usize = 4;

/// All events of one kind of evidence against a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Which criterion.
    pub code: Code,
    /// The aspect.
    pub facet: String,
    /// The value.
    pub value: String,
    /// The boundary it crosses.
    pub boundary: Option<Boundary>,
    /// What it breaks.
    pub breaks: Break,
    /// Greatest weight in thousandths, by hour since 1970, ascending.
    pub(crate) hours: Vec<(u32, u16)>,
    /// First event.
    pub first: Millis,
    /// Last event.
    pub last: Millis,
    /// How many events.
    pub count: u64,
    /// Greatest impact of its events, in thousandths.
    pub(crate) impact: u16,
    /// Highest tier of its events.
    pub tier: u8,
    /// Highest data class of its events.
    pub data_class: Option<u8>,
    /// The two earliest events and the latest.
    pub refs: Vec<EvidenceRef>,
    /// ATT&CK techniques of its events.
    pub attack: Vec<String>,
    /// True if it came from an unknown network that is new to the workload.
    pub unknown_network: bool,
    /// True if it deviates from something of the workload's own: a declaration, or any history.
    pub grounded: bool,
    /// The event of greatest weight.
    pub(crate) best: Best,
}

/// The event that gave a piece of evidence its weight: the greatest, of equals the earliest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Best {
    pub x: u16,
    pub at: Millis,
    pub event: String,
    pub workings: Workings,
    pub expected: String,
    pub observed: String,
    pub action: String,
    pub target: String,
    pub excused_by: Option<String>,
}

/// Where a new dataset lies, by hash; 0 for evidence of other kinds.
pub(crate) fn place_of(code: Code, value: &str) -> u64 {
    let place = match code {
        Code::D2 => crate::kin::place_of(value),
        // A loop over the roles of one mount, or the bindings of one namespace, is one piece of work.
        Code::P4 => value.rsplit_once('/').map_or(value, |(folder, _)| folder),
        _ => return 0,
    };
    vires_profile::observation::stable_hash(place.as_bytes())
}

impl Evidence {
    pub(crate) fn key(&self) -> (Code, &str, &str) {
        (self.code, &self.facet, &self.value)
    }

    /// Joins with another occurrence of the same evidence, whose weight counts for `window` hours. False if nothing that a score or a
    /// sentence is made of changed by it.
    ///
    /// What lies before the hour `oldest` is over, whether or not it has been cleared away yet. Within the window the order does not
    /// matter.
    pub(crate) fn join(&mut self, other: Evidence, oldest: u32, window: u32) -> bool {
        if self.hours.last().is_none_or(|(hour, _)| *hour < oldest) {
            *self = other;
            return true;
        }
        let mut changed = false;
        for (hour, x) in other.hours {
            changed |= self.note_hour(hour, x);
        }
        let counted = |e: &Evidence| (e.first, e.impact, e.tier, e.unknown_network, e.grounded);
        let before = counted(self);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count = self.count.saturating_add(other.count);
        self.impact = self.impact.max(other.impact);
        self.tier = self.tier.max(other.tier);
        self.data_class = self.data_class.max(other.data_class);
        self.unknown_network |= other.unknown_network;
        self.grounded |= other.grounded;
        changed |= counted(self) != before;
        for attack in other.attack {
            if let Err(at) = self.attack.binary_search(&attack) {
                self.attack.insert(at, attack);
                self.attack.truncate(MAX_ATTACK);
                changed = true;
            }
        }
        self.refs.extend(other.refs);
        self.refs.sort_unstable();
        self.refs.dedup();
        if self.refs.len() > MAX_REFS
            && let Some(latest) = self.refs.pop()
        {
            self.refs.truncate(MAX_REFS - 1);
            self.refs.push(latest);
        }
        let stronger = (other.best.x, std::cmp::Reverse((other.best.at, &other.best.event)))
            > (self.best.x, std::cmp::Reverse((self.best.at, &self.best.event)));
        // One that the window has left behind explains nothing any more.
        let hour = |at: Millis| at.div_euclid(3_600_000);
        let over = hour(other.best.at) - hour(self.best.at) >= i64::from(window);
        if stronger || over {
            self.best = other.best;
            changed = true;
        }
        changed
    }

    /// False if that hour has as much already.
    pub(crate) fn note_hour(&mut self, hour: u32, x: u16) -> bool {
        match self.hours.binary_search_by_key(&hour, |(h, _)| *h) {
            Ok(at) => self.hours.get_mut(at).filter(|(_, known)| *known < x).map(|(_, known)| *known = x).is_some(),
            Err(at) => {
                self.hours.insert(at, (hour, x));
                true
            }
        }
    }

    /// As it is counted with the weight `x`.
    pub(crate) fn piece(&self, x: f64) -> Piece {
        let gauge = self.best.workings.gauge.as_deref();
        Piece {
            code: self.code,
            boundary: self.boundary,
            breaks: self.breaks,
            x,
            impact: f64::from(self.impact) / 1000.0,
            v: gauge.map(|g| g.v),
            declared: gauge.is_none_or(|g| g.declared == Declared::Outside),
            tier: self.tier,
            unknown_network: self.unknown_network,
            grounded: self.grounded,
            place: place_of(self.code, &self.value),
        }
    }

    /// Its weight within the `window` hours that end with `hour`, in thousandths; `None` if it has none of them.
    pub(crate) fn weight(&self, hour: u32, window: u32) -> Option<u16> {
        self.hours.iter().filter(|(h, _)| *h <= hour && hour - h < window).map(|(_, x)| *x).max()
    }

    /// Forgets hours before `hour`; true if any are left.
    pub(crate) fn forget_before(&mut self, hour: u32) -> bool {
        self.hours.retain(|(h, _)| *h >= hour);
        !self.hours.is_empty()
    }
}

/// As thousandths.
pub(crate) fn milli(x: f64) -> u16 {
    // Weights lie between 0 and 1.
    (x.clamp(0.0, 1.0) * 1000.0).round() as u16
}

//! Every number that decides something, with its default. `default.toml` holds the same values with what each of them does; a
//! tuning file gives any subset of the keys.

use crate::decide::HardSign;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use vires_event::Millis;
use vires_profile::duration::parse_duration;
use vires_profile::toml_file::{FileError, read_toml_over};

/// Schema of a tuning file.
pub const SCHEMA: &str = "vires-tuning/1";

/// The defaults as a commented file that can be edited and used.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// A span of time, written `24h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Millis);

const HOUR: Millis = 3_600_000;

impl Span {
    const fn hours(hours: i64) -> Span {
        Span(hours * HOUR)
    }

    /// Whole hours, at least one.
    pub fn in_hours(self) -> u32 {
        u32::try_from(self.0 / HOUR).unwrap_or(u32::MAX).max(1)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        parse_duration(&text)
            .map(Span)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a span such as 24h or 30m")))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        // In one unit, so that each span has one text, and no two spans the same.
        let (count, unit) = [(HOUR, 'h'), (60_000, 'm')]
            .into_iter()
            .find(|(size, _)| self.0 % size == 0)
            .map_or((self.0 / 1000, 's'), |(size, unit)| (self.0 / size, unit));
        s.serialize_str(&format!("{count}{unit}"))
    }
}

macro_rules! sections {
    ($($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty = $default:expr),+ $(,)? })+) => {
        $(
            $(#[$meta])*
            #[allow(missing_docs)]
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $name { $(pub $field: $type),+ }

            impl Default for $name {
                fn default() -> Self { $name { $($field: $default),+ } }
            }
        )+
    };
}

sections! {
    /// What is looked at together, and how far back habits reach.
    Window { score: Span = Span::hours(24), baseline_days: u16 = 90, tombstone_days: u16 = 400, warmup_days: u16 = 7,
        mature_days: u16 = 14, half_life_days: u16 = 0, late: Span = Span(10 * 60_000) }
    /// How surprising a value is.
    Novelty { alpha_days: f64 = 5.0, bits_low: f64 = 4.0, bits_high: f64 = 12.0, peer_cap_bits: f64 = 6.0, least_peers: f64 = 5.0, clump: f64 = 2.0, org_factor: f64 = 0.25,
        established_days: u16 = 5, established_share: f64 = 0.10, child: f64 = 0.4, lapsed: f64 = 0.5, common: f64 = 0.2, young: f64 = 0.4, together: f64 = 0.25 }
    /// What several peers take up together.
    Coadopt { enabled: bool = true, min_peers: u16 = 2, moved_peers: u16 = 3, min_share: f64 = 0.10, window_days: u16 = 3, factor: f64 = 0.35,
        declared_factor: f64 = 0.35, first: f64 = 0.5, patience: Span = Span(4 * HOUR), returns: Span = Span(HOUR / 2) }
    /// What a declared list does to the surprise.
    Declared { enabled: bool = true, inside: f64 = 0.15, outside_rare: f64 = 0.8, drift: f64 = 0.25, refuted: u16 = 5, seen: f64 = 0.5, drift_resource: f64 = 0.10,
        resource_floor: f64 = 0.5, resource_again: f64 = 0.25, resource_child_floor: f64 = 0.3 }
    /// How much is at stake.
    Sensitivity { action: [f64; 5] = [0.08, 0.12, 0.25, 0.60, 0.85], action_severity: [f64; 5] = [0.7, 0.7, 0.85, 1.0, 1.0], action_grave: f64 = 0.72, dataset: [f64; 4] = [0.0, 0.0, 0.50, 0.85],
        inside_tier: f64 = 0.6, denied: f64 = 0.5, denied_trust: f64 = 0.9, metadata: f64 = 0.4,
        own_credential: f64 = 0.35, takes_back: f64 = 0.4, to_declared: f64 = 0.5, own_thing: f64 = 0.5, just_made: f64 = 0.3, inside_habit: f64 = 0.7, written: f64 = 0.4, written_class: f64 = 0.75, sweep: f64 = 0.65 }
    /// How much each kind of evidence weighs.
    Weights { forbidden: f64 = 1.0, tier_excess: [f64; 2] = [0.5, 0.2], role_edge: f64 = 0.55, role_edge_admin: f64 = 0.75, t4_target: f64 = 0.5,
        probe_step: f64 = 0.2, probe_min: u16 = 3, probe_strange: u16 = 2, priv_volume: f64 = 0.35, irreversible: f64 = 0.8, class_excess: f64 = 0.8,
        class_new: [f64; 4] = [0.0, 0.0, 0.45, 0.70], volume: f64 = 0.35, egress: f64 = 0.95, slow_change: f64 = 0.35,
        origin_unknown: f64 = 0.9, origin_declared_outside: f64 = 0.75, origin_known: f64 = 0.65, origin_provider: f64 = 0.2,
        campaign: f64 = 1.0, account: f64 = 0.75, credential: f64 = 0.75, credential_brief: f64 = 0.5, anonymous: f64 = 0.9, interactive: f64 = 0.85, decommissioned: f64 = 1.0,
        dormant: f64 = 0.8, dormant_days: u16 = 30, dormant_familiar: f64 = 0.5, region: f64 = 0.40, region_t0: f64 = 0.15, region_t3: f64 = 0.55,
        asn: f64 = 0.35, ua: f64 = 0.30, delegator: f64 = 0.35, delegator_outside: f64 = 0.55, delegator_restricted: f64 = 0.7, shared: f64 = 0.6,
        unattributable: f64 = 0.75, time: f64 = 0.5, total_volume: f64 = 0.5, detection: f64 = 0.8, fan_out: f64 = 0.35 }
    /// When a count is too high.
    Volume { z_low: f64 = 4.0, z_span: f64 = 6.0, mad_floor: f64 = 0.3, over_max: f64 = 1.5, over_max_t3: f64 = 2.0, min_t3: u16 = 5,
        min_days: u16 = 7, small: f64 = 5.0, drift_slack: f64 = 0.5, drift_height: f64 = 8.0, drift_days: u16 = 14 }
    /// How evidence adds up.
    Combine { damp: f64 = 0.3, damp_same: f64 = 0.15, boundary_cap: f64 = 0.85, variance_cap: f64 = 0.25, trust_floor: f64 = 0.75 }
    /// Whose evidence counts more.
    Tolerance { privileged: f64 = 1.15, agentic: f64 = 1.20, shared: f64 = 1.0 }
    /// Where a score becomes a decision.
    DispositionCuts { watch: f64 = 20.0, escalate: f64 = 50.0, page: f64 = 85.0, min_boundary: f64 = 0.5, min_piece: f64 = 0.3,
        page_boundaries: u16 = 2,
        page_on: Vec<String> = Vec::new(), privileged_delta: f64 = 0.0 }
    /// When a case speaks again, and when it ends.
    CaseRules { idle_close: Span = Span::hours(72), renotify: Span = Span::hours(72), max_notify_per_day: u16 = 3,
        reopen_days: u16 = 7 }
    /// What is learned from judged days.
    Learn { quarantine_days: u16 = 14, watch_delay_days: u16 = 3, settle: Span = Span::hours(1) }
    /// What exceptions do.
    Excuse { factor: f64 = 0.15, privileged_days: u16 = 7 }
    /// Identities that lead to nobody.
    Unmapped { default_owner: String = "secops".into(),
        escalate_on: Vec<String> = ["T1u", "T4", "T5", "D4", "P2@4"].map(String::from).to_vec(), rollup: Span = Span::hours(24), most: u32 = 200_000 }
    /// Switches for ablation: a boundary that is off carries no score.
    Boundaries { privilege: bool = true, data: bool = true, trust: bool = true }
}

/// All knobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Tuning {
    pub schema: String,
    /// How comparisons call it.
    pub name: String,
    pub window: Window,
    pub novelty: Novelty,
    pub coadopt: Coadopt,
    pub declared: Declared,
    pub sensitivity: Sensitivity,
    pub weights: Weights,
    pub volume: Volume,
    pub combine: Combine,
    pub tolerance: Tolerance,
    pub disposition: DispositionCuts,
    pub case: CaseRules,
    pub learn: Learn,
    pub exceptions: Excuse,
    pub unmapped: Unmapped,
    pub boundaries: Boundaries,
    /// Criteria that are switched off, by code.
    pub criteria_off: Vec<String>,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            schema: SCHEMA.into(),
            name: "default".into(),
            window: Window::default(),
            novelty: Novelty::default(),
            coadopt: Coadopt::default(),
            declared: Declared::default(),
            sensitivity: Sensitivity::default(),
            weights: Weights::default(),
            volume: Volume::default(),
            combine: Combine::default(),
            tolerance: Tolerance::default(),
            disposition: DispositionCuts::default(),
            case: CaseRules::default(),
            learn: Learn::default(),
            exceptions: Excuse::default(),
            unmapped: Unmapped::default(),
            boundaries: Boundaries::default(),
            criteria_off: Vec::new(),
        }
    }
}

impl Tuning {
    /// Reads a tuning file: any subset of the keys, the rest keep their defaults. `name` is the file's name, for errors; a
    /// tuning without a `name` key is called like its file.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, FileError> {
        let mut tuning: Tuning = read_toml_over(text, file, SCHEMA)?;
        if !text.lines().any(|l| l.trim_start().strip_prefix("name").is_some_and(|rest| rest.trim_start().starts_with('='))) {
            let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
            tuning.name = stem.strip_suffix(".toml").unwrap_or(stem).to_string();
        }
        match tuning.fault() {
            Some(message) => Err(FileError::new(file, 0, message)),
            None => Ok(tuning),
        }
    }

    /// What no tuning may say, because the arithmetic would break.
    fn fault(&self) -> Option<String> {
        let w = &self.weights;
        let (s, d, n) = (&self.sensitivity, &self.declared, &self.novelty);
        let shares: [(&str, &[f64]); 13] = [
            ("sensitivity.action", &s.action),
            ("sensitivity.action_severity", &s.action_severity),
            ("sensitivity.dataset", &s.dataset),
            (
                "sensitivity",
                &[
                    s.action_grave,
                    s.inside_tier,
                    s.inside_habit,
                    s.denied,
                    s.denied_trust,
                    s.metadata,
                    s.own_credential,
                    s.takes_back,
                    s.to_declared,
                    s.own_thing,
                    s.just_made,
                    s.sweep,
                    s.written,
                    s.written_class,
                ],
            ),
            (
                "declared",
                &[
                    d.inside,
                    d.outside_rare,
                    d.drift,
                    d.seen,
                    d.drift_resource,
                    d.resource_floor,
                    d.resource_again,
                    d.resource_child_floor,
                ],
            ),
            ("novelty", &[n.org_factor, n.established_share, n.child, n.lapsed, n.common, n.young]),
            ("coadopt", &[self.coadopt.min_share, self.coadopt.factor, self.coadopt.declared_factor, self.coadopt.first]),
            (
                "combine",
                &[self.combine.boundary_cap, self.combine.variance_cap, self.combine.trust_floor, self.combine.damp_same],
            ),
            ("weights.tier_excess", &w.tier_excess),
            ("weights.class_new", &w.class_new),
            (
                "weights",
                &[
                    w.forbidden,
                    w.role_edge,
                    w.role_edge_admin,
                    w.anonymous,
                    w.t4_target,
                    w.probe_step,
                    w.priv_volume,
                    w.irreversible,
                    w.class_excess,
                    w.volume,
                    w.egress,
                    w.slow_change,
                    w.origin_unknown,
                    w.origin_declared_outside,
                    w.origin_known,
                    w.origin_provider,
                    w.campaign,
                    w.account,
                    w.credential,
                    w.credential_brief,
                    w.interactive,
                    w.decommissioned,
                    w.dormant,
                    w.dormant_familiar,
                ],
            ),
            (
                "weights",
                &[
                    w.region,
                    w.region_t0,
                    w.region_t3,
                    w.asn,
                    w.ua,
                    w.delegator,
                    w.delegator_outside,
                    w.delegator_restricted,
                    w.shared,
                    w.unattributable,
                    w.time,
                    w.total_volume,
                    w.detection,
                    w.fan_out,
                ],
            ),
            ("exceptions", &[self.exceptions.factor]),
        ];
        for (section, values) in shares {
            if let Some(value) = values.iter().find(|v| !(0.0..=1.0).contains(*v)) {
                return Some(format!("[{section}] holds {value}; give a number from 0 to 1"));
            }
        }
        let c = &self.disposition;
        let scale = [c.watch, c.escalate, c.page];
        if scale.iter().any(|v| !(0.0..=100.0).contains(v))
            || !scale.is_sorted()
            || !(0.0..=1.0).contains(&c.min_boundary)
            || !(0.0..=1.0).contains(&c.min_piece)
        {
            return Some(
                "[disposition] cuts must ascend from watch to page between 0 and 100, min_boundary lies between 0 and 1".into(),
            );
        }
        let positive =
            [n.alpha_days, n.bits_high - n.bits_low, self.volume.z_span, self.volume.mad_floor, self.volume.drift_height];
        if positive.iter().any(|v| !v.is_finite() || *v <= 0.0) {
            return Some(
                "[novelty] alpha_days and bits_high - bits_low, [volume] z_span, mad_floor and drift_height must be greater than 0".into(),
            );
        }
        let free = [
            n.bits_low,
            n.peer_cap_bits,
            self.volume.z_low,
            self.volume.over_max,
            self.volume.over_max_t3,
            self.volume.small,
            self.volume.drift_slack,
            c.privileged_delta,
            self.tolerance.privileged,
            self.tolerance.agentic,
            self.tolerance.shared,
        ];
        if free.iter().any(|v| !v.is_finite() || v.abs() > 1000.0) {
            return Some("a number is out of any sensible range".into());
        }
        let tolerance = &self.tolerance;
        if let Some(value) = [tolerance.privileged, tolerance.agentic, tolerance.shared].iter().find(|v| **v < 1.0) {
            return Some(format!("[tolerance] holds {value}; give 1 (counts like any other) or more"));
        }
        if !(1.05..=1000.0).contains(&self.novelty.clump) {
            return Some(format!("[novelty] clump is {}; give a number from 1.05 to 1000", self.novelty.clump));
        }
        for (key, peers) in [("min_peers", self.coadopt.min_peers), ("moved_peers", self.coadopt.moved_peers)] {
            if peers == 0 {
                return Some(format!("[coadopt] {key} is at least 1; to judge without peers give `enabled = false`"));
            }
        }
        let counts = [("[declared] refuted", self.declared.refuted), ("[weights] probe_strange", self.weights.probe_strange)];
        if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Some(format!("{key} is at least 1; to leave it out give 65535"));
        }
        if let Some(word) = self.unmapped.escalate_on.iter().find(|word| HardSign::read(word).is_none()) {
            return Some(format!(
                "[unmapped] escalate_on holds `{word}`; give an evidence code, with `u` behind it for unknown networks only (`T1u`), with `@` and a tier from 0 to 4 for that tier and above (`P2@4`)"
            ));
        }
        // Above 1 (an undamped sum would be 1) a greatest piece of evidence that arrives late could lower the score.
        if self.combine.damp_same > self.combine.damp {
            return Some(format!("[combine] damp_same is {}; give a number up to damp", self.combine.damp_same));
        }
        if !(0.0..=1.0).contains(&self.combine.damp) {
            return Some(format!("[combine] damp is {}; give a number from 0 to 1", self.combine.damp));
        }
        if self.window.baseline_days == 0 || self.window.baseline_days > 128 || self.window.mature_days == 0 {
            return Some("[window] baseline_days lies between 1 and 128, mature_days is at least 1".into());
        }
        if self.window.score.0 < HOUR || self.window.score.0 > 7 * 24 * HOUR {
            return Some("[window] score lies between 1h and 168h".into());
        }
        if self.learn.quarantine_days > 30 || self.learn.watch_delay_days > 30 {
            return Some(
                "[learn] quarantine_days and watch_delay_days are at most 30: undecided days are kept in memory".into(),
            );
        }
        self.criteria_off
            .iter()
            .chain(&c.page_on)
            .find(|code| crate::Code::from_word(code).is_none())
            .map(|code| format!("`{code}` is no evidence code"))
    }

    /// SHA-256, in hexadecimal, of all values in their canonical form: two tunings that decide alike have the same, whatever
    /// their comments and names.
    pub fn sha256(&self) -> String {
        let same = Tuning { name: String::new(), ..self.clone() };
        let text = toml::to_string(&same).unwrap_or_default();
        Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commented_file_is_the_default() {
        assert_eq!(Tuning::from_toml(DEFAULT_TOML, "default.toml").unwrap(), Tuning::default());
        // Nothing is left out of it either, and each knob says what it does.
        let all: toml::Table = toml::from_str(&toml::to_string(&Tuning::default()).unwrap()).unwrap();
        let written: toml::Table = toml::from_str(DEFAULT_TOML).unwrap();
        assert_eq!(all, written);
        for line in DEFAULT_TOML.lines().filter(|l| l.contains(" = ") && !l.starts_with('#')) {
            assert!(line.contains(" # ") || line.starts_with("schema") || line.starts_with("name"), "{line}");
        }
    }

    #[test]
    fn any_subset_overrides() {
        let tuning =
            Tuning::from_toml("schema = \"vires-tuning/1\"\n[disposition]\nescalate = 60\n", "dir/strict.toml").unwrap();
        assert_eq!((tuning.name.as_str(), tuning.disposition.escalate, tuning.disposition.watch), ("strict", 60.0, 20.0));
        assert_ne!(tuning.sha256(), Tuning::default().sha256());
        // The schema is a key like any other.
        let bare = Tuning::from_toml("[disposition]\nescalate = 60\n", "strict.toml").unwrap();
        assert_eq!(bare, tuning);
        assert_eq!(Tuning::from_toml("", "default.toml").unwrap(), Tuning::default());
        let renamed = Tuning { name: "x".into(), ..Tuning::default() };
        assert_eq!(renamed.sha256(), Tuning::default().sha256());
    }

    #[test]
    fn spans_are_written_as_they_were_meant() {
        let late = |text: &str| {
            let tuning = format!("schema = \"vires-tuning/1\"\n[window]\nlate = \"{text}\"\n");
            Tuning::from_toml(&tuning, "t.toml").unwrap()
        };
        for (text, written) in [("30s", "30s"), ("59s", "59s"), ("90s", "90s"), ("10m", "10m"), ("90m", "90m"), ("2h", "2h")] {
            let tuning = late(text);
            let all = toml::to_string(&tuning).unwrap();
            assert!(all.contains(&format!("late = \"{written}\"")), "{text}: {all}");
            assert_eq!(Tuning::from_toml(&all, "t.toml").unwrap(), tuning);
        }
        assert_ne!(late("30s").sha256(), late("59s").sha256());
        assert_eq!(late("10m").sha256(), Tuning::default().sha256());
        assert_eq!(late("1h").sha256(), late("60m").sha256());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, expected) in [
            ("[disposition]\nescalat = 60", "unknown field"),
            ("[weights]\nasn = 1.5", "from 0 to 1"),
            ("[weights]\nasn = nan", "from 0 to 1"),
            ("[disposition]\nwatch = 90", "ascend"),
            ("[novelty]\nbits_high = 2", "greater than 0"),
            ("[window]\nscore = \"soon\"", "not a span"),
            ("[window]\nscore = \"900h\"", "168h"),
            ("[sensitivity]\naction = [0.1]", "length"),
            ("criteria_off = [\"Z9\"]", "no evidence code"),
            ("[combine]\ndamp = 2", "damp"),
            ("[tolerance]\nagentic = 0.9", "or more"),
            ("[tolerance]\nprivileged = -2", "or more"),
            ("[coadopt]\nmin_peers = 0", "min_peers is at least 1"),
            ("[declared]\nrefuted = 0", "refuted is at least 1"),
            ("[weights]\nprobe_strange = 0", "probe_strange is at least 1"),
            ("[sensitivity]\ninside_habit = 7", "from 0 to 1"),
            ("[unmapped]\nescalate_on = [\"P2@four\", \"T4\"]", "`P2@four`"),
            ("[unmapped]\nescalate_on = [\"T4\", \"nonsense\"]", "`nonsense`"),
            ("[unmapped]\nescalate_on = [\"P2@5\"]", "`P2@5`"),
            ("[unmapped]\nescalate_on = [\"\"]", "``"),
        ] {
            let error = Tuning::from_toml(&format!("schema = \"vires-tuning/1\"\n{text}\n"), "t.toml").unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(Tuning::from_toml("schema = \"vires-tuning/2\"", "t.toml").is_err());
    }
}
